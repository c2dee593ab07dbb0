; What literals are bound to. The parser writes every level of precedence, down to the variable.
(assignment_expression (left_assignment_expression (logical_expression (bitwise_expression (comparison_expression (additive_expression (multiplicative_expression (format_expression (range_expression (array_literal_expression (unary_expression (variable) @name)))))))))) value: (_) @value)
(assignment_expression (left_assignment_expression (logical_expression (bitwise_expression (comparison_expression (additive_expression (multiplicative_expression (format_expression (range_expression (array_literal_expression (unary_expression (member_access) @name)))))))))) value: (_) @value)
(assignment_expression (left_assignment_expression (logical_expression (bitwise_expression (comparison_expression (additive_expression (multiplicative_expression (format_expression (range_expression (array_literal_expression (unary_expression (expression_with_unary_operator (cast_expression (unary_expression (variable) @name))))))))))))) value: (_) @value)
((assignment_expression (left_assignment_expression (logical_expression (bitwise_expression (comparison_expression (additive_expression (multiplicative_expression (format_expression (range_expression (array_literal_expression (unary_expression (element_access (logical_expression (bitwise_expression (comparison_expression (additive_expression (multiplicative_expression (format_expression (range_expression (array_literal_expression (unary_expression (string_literal (_) @name))))))))))))))))))))) value: (_) @value) (#set! how "subscript"))
((script_parameter (variable) @name (script_parameter_default (_) @value)) (#set! how "parameter"))
(class_property_definition (variable) @name "=" (_) @value)
((hash_entry (key_expression (simple_name) @name) (pipeline) @value) (#set! how "key"))
((hash_entry (key_expression (unary_expression (string_literal (_) @name))) (pipeline) @value) (#set! how "key"))
((flow_control_statement "return" (pipeline) @value) @_return (#set! how "return"))

; -Password 'x', -Token:x. Switches have no value: what follows them belongs to something else.
((command_elements (command_parameter) @name . (command_argument_sep) . [(array_literal_expression) (generic_token)] @value)
 (#not-match? @name "(?i)^-(AsPlainText|Force|Verbose|Debug|WhatIf|Confirm|PassThru|Recurse|UseBasicParsing)$") (#set! how "keyword"))
; Set-Variable -Name Password -Value 'x'
((command_elements (command_parameter) @_n (generic_token) @name (command_parameter) @_v . (command_argument_sep) . [(array_literal_expression) (generic_token)] @value)
 (#match? @_n "(?i)^-N") (#match? @_v "(?i)^-V") (#set! how "argument"))
; The first argument names the second: [Environment]::SetEnvironmentVariable('TOKEN', 'x'), $headers.Add('Authorization', 'x').
((invokation_expression (member_name) @_f (argument_list (argument_expression_list . (argument_expression) @name . (argument_expression) @value)))
 (#match? @_f "(?i)(set|add|put|append|environment|variable|option|header|config)") (#set! how "argument"))

; Comparisons, either side.
((comparison_expression (comparison_operator) @_o) @comparison
 (#match? @_o "(?i)^-[ci]?(eq|ne|like|notlike|match|notmatch|contains|notcontains|in|notin)$"))
((comparison_expression (comparison_expression) @name (comparison_operator) (additive_expression) @value) (#set! how "comparison"))
((comparison_expression (comparison_expression) @value (comparison_operator) (additive_expression) @name) (#set! how "comparison"))
((switch_statement
   (switch_condition (pipeline) @name)
   (switch_body (switch_clauses (switch_clause (switch_clause_condition) @value))))
 (#set! how "comparison"))

; Names, not values.
(key_expression) @key
(element_access (logical_expression) @key)

(command command_name: (_) @call.callee command_elements: (_) @call.arguments)
(invokation_expression (type_literal) @call.callee (member_name) @call.callee (argument_list (argument_expression_list) @call.arguments))
(invokation_expression . (_) @call.callee (member_name) @call.callee (argument_list (argument_expression_list) @call.arguments))
((command_elements (generic_token) @call.callee . (argument_list (argument_expression_list) @call.arguments)))

(function_statement (function_name) @scope.name) @scope
(class_statement . (simple_name) @scope.name) @scope

; Places that take constants alone.
((attribute) @constant (#set! constant "attribute"))
((data_statement (statement_block (statement_list) @constant)) (#set! constant "data-section"))

; Hardcoded defaults: $x = if ($env:X) { $env:X } else { 'x' }, $(if …), if (-not $env:X) { $env:X = 'x' }.
((if_statement
   condition: (pipeline) @_c
   (statement_block statement_list: (statement_list . (pipeline) @default.variable .))
   else_clause: (else_clause (statement_block statement_list: (statement_list . (pipeline) @default.value .))))
 (#eq? @_c @default.variable) (#match? @_c "^\\$(?i:env):\\w+$") (#set! default "else"))
((if_statement
   condition: (pipeline) @_c
   (statement_block statement_list: (statement_list . (pipeline (assignment_expression (left_assignment_expression) @default.variable value: (_) @default.value)) @default.set .)))
 (#match? @_c "^(?i:-not |!)\\s*\\$(?i:env):\\w+$") (#match? @default.variable "^\\$(?i:env):\\w+$") (#set! default "set"))

; The script goes on after errors.
((assignment_expression (left_assignment_expression) @_v value: (_) @_to) @file.silent
 (#match? @_v "(?i)ErrorActionPreference$") (#match? @_to "(?i)SilentlyContinue|Ignore"))
