"""The base of endpoints that are lists and take what is added to them."""

from rest_framework.permissions import SAFE_METHODS

from catalog.rest.views import Endpoint


class ListEndpoint(Endpoint):
    """A list whose `parameters` are those of reading it: what writes takes none."""

    def known_parameters(self) -> frozenset[str]:
        return self.parameters if self.request.method in SAFE_METHODS else frozenset()
