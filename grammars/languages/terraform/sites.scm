; A variable's default.
((block
   (identifier) @_type
   (string_lit) @default.variable
   (body (attribute (identifier) @_name (expression (literal_value (string_lit) @default.value))) @default.whole) @_body)
 (#eq? @_type "variable") (#eq? @_name "default") (#not-match? @_body "(^|\\n)\\s*sensitive\\s*=")
 (#set! default "variable"))
((block
   (identifier) @_type
   (string_lit) @default.variable
   (body (attribute (identifier) @_name (expression (literal_value (string_lit) @default.value))) @default.whole) @_body)
 (#eq? @_type "variable") (#eq? @_name "default") (#match? @_body "(^|\\n)\\s*sensitive\\s*=")
 (#set! default "variable-sensitive"))
((block (identifier) @_type (body (attribute (expression [(collection_value) (function_call) (template_expr) (conditional)] @constant))))
 (#eq? @_type "variable") (#set! constant "variable-block"))
((block (identifier) @_type (body (block (body) @constant)))
 (#eq? @_type "variable") (#set! constant "variable-block"))

; Read before there are variables.
((block (identifier) @_type (body) @constant) (#any-of? @_type "terraform" "backend" "cloud" "required_providers") (#set! constant "backend"))
((block (identifier) @_type (body (attribute (identifier) @_name (expression) @constant)))
 (#eq? @_type "module") (#any-of? @_name "source" "version") (#set! constant "literal-only"))
((block (identifier) @_type (body) @constant) (#eq? @_type "lifecycle") (#set! constant "literal-only"))

; The providers that would read the value themselves.
((block (identifier) @_type (string_lit) @_name (body) @constant)
 (#eq? @_type "provider") (#eq? @_name "\"vault\"") (#set! constant "own-vault"))
((block (identifier) @_type (string_lit) @_name (body (block (body) @constant)))
 (#eq? @_type "provider") (#eq? @_name "\"vault\"") (#set! constant "own-vault"))
((block (identifier) @_type (string_lit) @_name (body) @constant)
 (#eq? @_type "provider") (#eq? @_name "\"aws\"") (#set! constant "own-aws"))
((block (identifier) @_type (string_lit) @_name (body (block (body) @constant)))
 (#eq? @_type "provider") (#eq? @_name "\"aws\"") (#set! constant "own-aws"))
