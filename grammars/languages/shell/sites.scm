; What literals are bound to.
(variable_assignment name: (variable_name) @name value: (_) @value)
((variable_assignment name: (subscript name: (variable_name) @name) value: (_) @value) (#set! how "subscript"))
((variable_assignment name: (subscript index: [(word) (string) (raw_string)] @name) value: (_) @value) (#set! how "subscript"))
((command argument: (word) @name . argument: (_) @value) (#match? @name "^--?[A-Za-z][A-Za-z][A-Za-z]") (#set! how "option"))

; Comparisons, either side.
((binary_expression operator: ["=" "==" "!="]) @comparison)
((binary_expression left: (simple_expansion (variable_name) @name) operator: ["=" "==" "!="] right: (_) @value) (#set! how "comparison"))
((binary_expression left: (string (simple_expansion (variable_name) @name)) operator: ["=" "==" "!="] right: (_) @value) (#set! how "comparison"))
((binary_expression left: (string (expansion . (variable_name) @name)) operator: ["=" "==" "!="] right: (_) @value) (#set! how "comparison"))
((binary_expression left: (_) @value operator: ["=" "==" "!="] right: (string (simple_expansion (variable_name) @name))) (#set! how "comparison"))
((binary_expression left: (_) @value operator: ["=" "==" "!="] right: (simple_expansion (variable_name) @name)) (#set! how "comparison"))
((case_statement value: (string (simple_expansion (variable_name) @name)) (case_item value: (_) @value)) (#set! how "comparison"))
((case_statement value: (simple_expansion (variable_name) @name) (case_item value: (_) @value)) (#set! how "comparison"))

; Names, not values.
(command_name (_) @key)
(function_definition name: (_) @key)
(subscript index: (_) @key)
(test_operator) @key

(command name: (command_name) @call.callee) @call.arguments

(function_definition name: (word) @scope.name) @scope

; Patterns.
((binary_expression operator: "=~" right: (_) @constant) (#set! constant "pattern"))
((case_item value: (word) @constant) (#match? @constant "[*?\\[]") (#set! constant "pattern"))

; Backslashes are read twice here.
((command_substitution "`") @constant (#match? @constant "\\\\") (#set! constant "backquotes"))

; Nothing is expanded here.
((heredoc_redirect (heredoc_start) @_start (heredoc_body) @mark) (#match? @_start "['\"\\\\]") (#set! mark "quoted"))

; Hardcoded defaults of expansions.
((expansion . "${" . (variable_name) @default.variable operator: [":-" "-" ":=" "="] . (_) @default.value .  "}")
 (#match? @default.variable "^[A-Za-z_]") (#set! default "expansion"))

; Who runs it.
((program . (comment) @file.sh) (#match? @file.sh "^#! ?[^ ]*/(env +)?(sh|dash|ash)([ \r]|$)"))
(ansi_c_string) @file.ansi
