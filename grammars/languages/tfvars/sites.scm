((config_file (body (attribute (identifier) @default.variable (expression (literal_value (string_lit) @default.value))) @default.whole))
 (#set! default "assignment"))
((config_file (body (attribute (expression [(collection_value) (template_expr)] @constant)))) (#set! constant "nested"))
