; What literals are bound to.
(init_declarator declarator: (identifier) @name value: (_) @value)
(init_declarator declarator: (pointer_declarator declarator: (identifier) @name) value: (_) @value)
(init_declarator declarator: (array_declarator declarator: (identifier) @name) value: (_) @value)
(init_declarator declarator: (pointer_declarator declarator: (array_declarator declarator: (identifier) @name)) value: (_) @value)
(assignment_expression left: (identifier) @name right: (_) @value)
(assignment_expression left: (field_expression field: (field_identifier) @name) right: (_) @value)
((initializer_pair designator: (field_designator (field_identifier) @name) value: (_) @value) (#set! how "keyword"))
((initializer_list . (string_literal) @name . (string_literal) @value .) (#set! how "key"))
((return_statement (_) @value) @_return (#set! how "return"))
(preproc_def name: (identifier) @name value: (_) @value)

; set_password(x, "secret"), setenv("X", "secret"): the function or its first argument names the value.
((call_expression function: (identifier) @name arguments: (argument_list (_) @value .)) (#match? @name "^[a-z_]*set_?[a-z_]+$")
 (#not-any-of? @name "curl_easy_setopt" "ssh_options_set") (#set! how "setter"))
((call_expression function: (_) @_f arguments: (argument_list . (string_literal) @name . (_) @value))
 (#match? @_f "(setenv|set|add|put|insert|header|option|param)[A-Za-z_]*$") (#set! how "argument"))
; curl_easy_setopt(h, CURLOPT_PASSWORD, "secret"): a constant in the second place does.
((call_expression function: (identifier) @_f arguments: (argument_list . (_) . (identifier) @name . (_) @value .))
 (#match? @_f "^(curl_easy_setopt|mysql_options|ssh_options_set)$") (#set! how "argument"))

; Comparisons.
((call_expression function: (identifier) @_f arguments: (argument_list) @comparison)
 (#match? @_f "^(str|strn|mem|strcase|strncase|_str[a-z]*)cmp$"))
((call_expression function: (identifier) @_f arguments: (argument_list . (identifier) @name . (_) @value))
 (#match? @_f "cmp$") (#set! how "comparison"))
((call_expression function: (identifier) @_f arguments: (argument_list . (field_expression field: (_) @name) . (_) @value))
 (#match? @_f "cmp$") (#set! how "comparison"))
((call_expression function: (identifier) @_f arguments: (argument_list . (_) @value . (identifier) @name))
 (#match? @_f "cmp$") (#set! how "comparison"))
((binary_expression operator: ["==" "!="]) @comparison)
((binary_expression left: (identifier) @name operator: ["==" "!="] right: (_) @value) (#set! how "comparison"))
((binary_expression left: (_) @value operator: ["==" "!="] right: (identifier) @name) (#set! how "comparison"))

; Names, not values.
(preproc_include path: (string_literal) @key)
((call_expression function: (identifier) @_f arguments: (argument_list . (string_literal) @key)) (#any-of? @_f "getenv" "secure_getenv"))

(call_expression function: (_) @call.callee arguments: (argument_list) @call.arguments)

(function_definition declarator: (function_declarator declarator: (identifier) @scope.name)) @scope

; Constants alone.
((init_declarator declarator: (array_declarator) value: [(string_literal) (concatenated_string)] @constant) (#set! constant "array"))
((preproc_def value: (_) @constant) (#set! constant "macro"))
((preproc_function_def value: (_) @constant) (#set! constant "macro"))
((concatenated_string (identifier)) @constant (#set! constant "beside-macro"))
((sizeof_expression) @constant (#set! constant "constant-expression"))
((attribute_specifier) @constant (#set! constant "constant-expression"))
((gnu_asm_expression) @constant (#set! constant "constant-expression"))

((comment) @file.generated (#match? @file.generated "(Automatically generated|@generated|DO NOT EDIT|Code generated)"))
