from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as StockUserAdmin

from accounts.models import User


@admin.register(User)
class UserAdmin(StockUserAdmin):
    fieldsets = (*(StockUserAdmin.fieldsets or ()), ("Reading", {"fields": ["time_zone"]}))
