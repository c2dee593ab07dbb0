((jsx_attribute (property_identifier) @name (_) @value) (#set! how "attribute"))
((jsx_attribute (property_identifier) @name (jsx_expression (_) @value)) (#set! how "attribute"))
((jsx_attribute (string) @change.value @change.before @change.after) (#set! before "{") (#set! after "}"))
((jsx_text) @constant (#set! constant "jsx-text"))
[(jsx_element) (jsx_self_closing_element)] @file.browser-page
