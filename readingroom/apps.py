from django.apps import AppConfig


class ReadingRoomConfig(AppConfig):
    name = "readingroom"
    verbose_name = "Reading Room"
