// ESLint's rules for static/js, which .ci/lint-static runs.

const BROWSER = [
  "AbortController", "AbortSignal", "DOMParser", "Event", "FormData", "Intl", "KeyboardEvent",
  "MutationObserver", "URL", "URLSearchParams", "addEventListener", "clearTimeout", "document", "fetch",
  "history", "localStorage", "location", "matchMedia", "navigator", "scrollTo", "sessionStorage",
  "setTimeout", "window",
];

export default [
  {
    files: ["**/*.js"],
    linterOptions: { reportUnusedDisableDirectives: "error" },
    languageOptions: {
      ecmaVersion: 2023,
      sourceType: "module",
      globals: Object.fromEntries(BROWSER.map((name) => [name, "readonly"])),
    },
    rules: {
      "complexity": ["error", 10],
      "consistent-return": "off",
      "curly": ["error", "multi-line"],
      "eqeqeq": "error",
      "max-depth": ["error", 3],
      "max-len": ["error", { code: 110, ignoreStrings: true, ignoreTemplateLiterals: true }],
      "max-lines": ["error", 300],
      "no-constant-condition": "error",
      "no-dupe-keys": "error",
      "no-duplicate-imports": "error",
      "no-empty": "error",
      "no-eval": "error",
      "no-implicit-globals": "error",
      "no-param-reassign": "error",
      "no-redeclare": "error",
      "no-shadow": "error",
      "no-undef": "error",
      "no-unreachable": "error",
      "no-unused-expressions": "error",
      "no-unused-vars": "error",
      "no-use-before-define": ["error", { functions: false, variables: false }],
      "no-useless-return": "error",
      "no-var": "error",
      "object-shorthand": "error",
      "prefer-const": "error",
      "prefer-template": "error",
      // Django finds an `import` statement only by its semicolon.
      "semi": ["error", "always"],
    },
  },
];
