// Shows the OpenAPI document with Swagger UI. Requests that are tried there are sent with the session
// of the page.

const SAFE_METHODS = ["GET", "HEAD", undefined];
const { SwaggerUIBundle } = window;
const page = document.querySelector("#docs");

SwaggerUIBundle({
  url: page.dataset.schema,
  domNode: page,
  presets: [SwaggerUIBundle.presets.apis],
  layout: "BaseLayout",
  validatorUrl: null,
  requestInterceptor: (request) => {
    if (!SAFE_METHODS.includes(request.method)) request.headers["X-CSRFToken"] = page.dataset.csrf;
    return request;
  },
});
