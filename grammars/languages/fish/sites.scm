; What literals are bound to.
((command name: (word) @_c . argument: (word) @name . argument: (_) @value)
 (#eq? @_c "set") (#match? @name "^[A-Za-z_]"))
((command name: (word) @_c argument: (word) @_o . argument: (word) @name . argument: (_) @value)
 (#eq? @_c "set") (#match? @_o "^-") (#match? @name "^[A-Za-z_]"))
((command argument: (word) @name . argument: (_) @value) (#match? @name "^--?[A-Za-z][A-Za-z][A-Za-z]") (#set! how "option"))

; Comparisons, either side.
((command name: (word) @_c) @comparison (#any-of? @_c "test" "["))
((command name: (word) @_c argument: (variable_expansion (variable_name) @name) . argument: (word) @_o . argument: (_) @value)
 (#any-of? @_c "test" "[") (#any-of? @_o "=" "!=") (#set! how "comparison"))
((command name: (word) @_c argument: (double_quote_string (variable_expansion (variable_name) @name)) . argument: (word) @_o . argument: (_) @value)
 (#any-of? @_c "test" "[") (#any-of? @_o "=" "!=") (#set! how "comparison"))
((command name: (word) @_c argument: (_) @value . argument: (word) @_o . argument: (variable_expansion (variable_name) @name))
 (#any-of? @_c "test" "[") (#any-of? @_o "=" "!=") (#set! how "comparison"))
((command name: (word) @_c argument: (_) @value . argument: (word) @_o . argument: (double_quote_string (variable_expansion (variable_name) @name)))
 (#any-of? @_c "test" "[") (#any-of? @_o "=" "!=") (#set! how "comparison"))

; Names, not values. A command may begin with variables of its own.
((command name: (word) @key) (#not-match? @key "^[A-Za-z_][A-Za-z0-9_]*="))
(function_definition name: (_) @key)
(list_element_access (_) @key)

(command name: (word) @call.callee) @call.arguments

(function_definition name: (word) @scope.name) @scope

; Patterns.
((case_clause (_) @constant) (#set! constant "pattern"))
((command name: (word) @_c . argument: (word) @_s) @constant
 (#eq? @_c "string") (#any-of? @_s "match" "replace") (#set! constant "pattern"))
