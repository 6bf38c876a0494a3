"""The storage of static files."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class ModuleStaticFilesStorage(CompressedManifestStaticFilesStorage):
    """Static files with a hash in their name, also where JavaScript modules import each other.

    Django finds `import` statements by regular expressions. They need a semicolon at the end, and
    modules must not import each other in a circle.
    """

    support_js_module_import_aggregation = True
    # Only the scripts of the site are modules. Searching Swagger UI as well would take seconds.
    _js_module_import_aggregation_patterns = (
        "js/*.js",
        CompressedManifestStaticFilesStorage._js_module_import_aggregation_patterns[1],
    )
