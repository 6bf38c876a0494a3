// stylelint's rules for static/css, which .ci/lint-static runs.
// tests/readingroom/test_static.py checks custom properties and classes.

// static/css/tokens.css has a token for each of these distances.
const DISTANCES = ["/(^|[ (-])(4|8|12|16|24|32|48|64|96)px/"];
const SPACING = ["/^margin/", "/^padding/", "gap", "row-gap", "column-gap"];

export default {
  rules: {
    "at-rule-no-unknown": true,
    "block-no-empty": true,
    "color-named": "never",
    "color-no-invalid-hex": true,
    "custom-property-no-missing-var-function": true,
    "custom-property-pattern": "^[a-z][a-z0-9]*(-[a-z0-9]+)*$",
    "declaration-block-no-duplicate-custom-properties": true,
    "declaration-block-no-duplicate-properties": true,
    "declaration-block-no-shorthand-property-overrides": true,
    "declaration-no-important": true,
    "declaration-property-value-disallowed-list": Object.fromEntries(SPACING.map((name) => [name, DISTANCES])),
    "font-family-no-duplicate-names": true,
    "function-calc-no-unspaced-operator": true,
    "function-no-unknown": true,
    "length-zero-no-unit": [true, { ignore: ["custom-properties"] }],
    // The breakpoints that tokens.css lists.
    "media-feature-name-value-allowed-list": {
      "max-width": ["560px", "640px", "767px", "860px", "1020px"],
      "min-width": ["1021px"],
    },
    "media-feature-name-no-unknown": true,
    "named-grid-areas-no-invalid": true,
    "no-duplicate-at-import-rules": true,
    "no-duplicate-selectors": true,
    "no-invalid-double-slash-comments": true,
    "no-invalid-position-at-import-rule": true,
    "property-no-unknown": true,
    "selector-class-pattern": "^[a-z][a-z0-9]*([_-][a-z0-9]+)*$",
    "selector-pseudo-class-no-unknown": true,
    "selector-pseudo-element-no-unknown": true,
    "selector-type-no-unknown": [true, { ignore: ["custom-elements"] }],
    "shorthand-property-no-redundant-values": true,
    "string-no-newline": true,
    "unit-no-unknown": true,
  },
};
