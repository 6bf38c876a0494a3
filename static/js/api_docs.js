// Shows the OpenAPI document with Swagger UI; what is tried there is sent with the page's session.
"use strict";

const docs = document.querySelector("#docs");
SwaggerUIBundle({
  url: docs.dataset.schema,
  domNode: docs,
  presets: [SwaggerUIBundle.presets.apis],
  layout: "BaseLayout",
  validatorUrl: null,
  requestInterceptor: (request) => {
    if (!["GET", "HEAD", undefined].includes(request.method)) request.headers["X-CSRFToken"] = docs.dataset.csrf;
    return request;
  },
});
