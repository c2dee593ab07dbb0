; What literals are bound to.
(property_declaration (variable_declaration (identifier) @name) "=" . (_) @value)
(property_declaration (variable_declaration (identifier) @name) (property_delegate) @value)
(assignment left: (identifier) @name right: (_) @value)
(assignment left: (navigation_expression (identifier) @name .) right: (_) @value)
((assignment left: (index_expression (_) . (string_literal) @name) right: (_) @value) (#set! how "subscript"))
((value_argument (identifier) @name "=" (_) @value) (#set! how "keyword"))
((class_parameter (identifier) @name "=" . (_) @value) (#set! how "parameter"))
((function_value_parameters (parameter (identifier) @name) . "=" . (_) @value) (#set! how "parameter"))
((return_expression (_) @value) @_return (#set! how "return"))
(function_declaration name: (identifier) @name (function_body "=" . (string_literal) @value))
((infix_expression . (string_literal) @name (identifier) @_to (_) @value .) (#eq? @_to "to") (#set! how "key"))
((enum_entry (identifier) @name (value_arguments (value_argument (_) @value))) (#set! how "key"))

; setPassword("x"), builder.password("x").
((call_expression
   [(identifier) @name (navigation_expression (identifier) @name .)]
   . (value_arguments . (value_argument . (_) @value .) .))
 (#set! how "setter"))
; The first argument names the second: put("password", "x"), Pair("password", "x").
((call_expression
   . (_) @_function
   . (value_arguments . (value_argument . (string_literal) @name .) . (value_argument . (_) @value .)))
 (#match? @_function "(^|\\.)(set|put|add|get|with|header|param|property|attribute|claim|Pair|cookie|field|option)[A-Za-z]*$")
 (#set! how "argument"))

; Comparisons, either side.
((binary_expression operator: ["==" "!=" "===" "!=="]) @comparison)
((binary_expression left: (identifier) @name operator: ["==" "!="] right: (_) @value) (#set! how "comparison"))
((binary_expression left: (_) @value operator: ["==" "!="] right: (identifier) @name) (#set! how "comparison"))
((binary_expression left: (navigation_expression (identifier) @name .) operator: ["==" "!="] right: (_) @value) (#set! how "comparison"))
((binary_expression left: (_) @value operator: ["==" "!="] right: (navigation_expression (identifier) @name .)) (#set! how "comparison"))
((when_expression (when_subject (identifier) @name) (when_entry condition: (_) @value)) (#set! how "comparison"))

; Names, not values.
(index_expression (_) . (string_literal) @key)
((infix_expression . (string_literal) @key (identifier) @_to) (#eq? @_to "to"))
((call_expression . (_) @_f . (value_arguments . (value_argument (string_literal) @key)))
 (#match? @_f "(^|\\.)(getenv|getProperty|containsKey)$"))

(call_expression . (_) @call.callee . (value_arguments) @call.arguments)

(class_declaration name: (_) @scope.name) @scope
(object_declaration name: (_) @scope.name) @scope
(function_declaration name: (_) @scope.name) @scope

; Format strings.
((call_expression . (navigation_expression . (string_literal) @format (identifier) @_m .)) (#eq? @_m "format") (#set! format "percent"))
((call_expression . (navigation_expression . (identifier) @_o (identifier) @_m .) . (value_arguments . (value_argument (string_literal) @format)))
 (#eq? @_o "String") (#eq? @_m "format") (#set! format "percent"))

; Spring's @Value.
((annotation (constructor_invocation (user_type (identifier) @_n .) (value_arguments . (value_argument . (string_literal) @mark .) .)))
 (#eq? @_n "Value") (#set! mark "spring-value"))
((annotation (constructor_invocation (user_type (identifier) @_n .) (value_arguments . (value_argument . (string_literal) @constant .) .)))
 (#eq? @_n "Value") (#match? @constant "#\\{") (#set! constant "spring-expression"))

; Constants alone.
((annotation (constructor_invocation (user_type) @_n (value_arguments) @constant))
 (#not-match? @_n "(^|\\.)Value$") (#set! constant "annotation"))
((annotation (constructor_invocation (user_type) @_n (value_arguments (value_argument . [(binary_expression) (multiline_string_literal) (collection_literal) (parenthesized_expression)] @constant .))))
 (#match? @_n "(^|\\.)Value$") (#set! constant "annotation"))
((file_annotation (constructor_invocation (value_arguments) @constant)) (#set! constant "annotation"))
(annotation (constructor_invocation (value_arguments (value_argument (_) @use.constant .))))
((property_declaration (modifiers (property_modifier) @_m) "=" . (_) @use.constant) (#eq? @_m "const"))
((class_declaration (modifiers (class_modifier) @_m) (primary_constructor (class_parameters (class_parameter "=" . (_) @constant))))
 (#eq? @_m "annotation") (#set! constant "annotation-default"))
((class_declaration (modifiers (class_modifier) @_m) (primary_constructor (class_parameters (class_parameter "=" . (_) @use.constant))))
 (#eq? @_m "annotation"))

; A const val becomes a val.
((property_declaration (modifiers (property_modifier) @change.remove) (variable_declaration (identifier) @change.name) "=" . (_) @change.value)
 (#eq? @change.remove "const") (#set! change "const-val"))
((property_declaration (variable_declaration (identifier) @change.name) "=" . (_) @change.value) (#set! change "val"))

; Lookups with a hardcoded default.
((binary_expression
   left: (call_expression
     . (navigation_expression . (identifier) @_o (identifier) @_g .)
     . (value_arguments . (value_argument (string_literal) @default.variable) .))
   operator: "?:"
   right: (_) @default.value)
 (#eq? @_o "System") (#eq? @_g "getenv") (#set! default "elvis"))
((binary_expression
   left: (index_expression
     (call_expression . (navigation_expression . (identifier) @_o (identifier) @_g .))
     . (string_literal) @default.variable)
   operator: "?:"
   right: (_) @default.value)
 (#eq? @_o "System") (#eq? @_g "getenv") (#set! default "elvis"))
((call_expression
   . (navigation_expression
       (call_expression . (navigation_expression . (identifier) @_o (identifier) @_g .))
       (identifier) @_m .)
   . (value_arguments . (value_argument (string_literal) @default.variable) . (value_argument (_) @default.value) .)) @default.whole
 (#eq? @_o "System") (#eq? @_g "getenv") (#eq? @_m "getOrDefault") (#set! default "whole"))
((call_expression
   . (_) @_f
   . (value_arguments . (value_argument (string_literal) @default.variable) . (value_argument (_) @default.value) .)) @default.whole
 (#match? @_f "(?i)(^|\\.)(get|read|lookup|fetch)?_?env(ironment)?_?(var|variable|string)?_?(with|or)?_?(default|fallback|else)?$")
 (#match? @default.variable "^\"[A-Z][A-Z0-9_]*\"$")
 (#set! default "whole"))

((line_comment) @file.generated (#match? @file.generated "^// (Code generated|Generated by the protocol buffer)"))

; Android.
((import (qualified_identifier) @file.device) (#match? @file.device "^androidx?\\."))
