; What literals are bound to.
(variable_declarator name: (identifier) @name . (_) @value)
(property_declaration name: (identifier) @name value: (_) @value)
(anonymous_object_creation_expression (identifier) @name . "=" . (_) @value)
(assignment_expression left: (identifier) @name right: (_) @value)
(assignment_expression left: (member_access_expression name: (identifier) @name) right: (_) @value)
((assignment_expression left: (element_access_expression subscript: (bracketed_argument_list (argument (string_literal) @name))) right: (_) @value)
 (#set! how "subscript"))
((assignment_expression left: (element_binding_expression (argument (string_literal) @name)) right: (_) @value) (#set! how "subscript"))
((argument name: (identifier) @name (_) @value) (#set! how "keyword"))
((attribute_argument name: (identifier) @name (_) @value) (#set! how "keyword"))
((parameter name: (identifier) @name "=" (_) @value) (#set! how "parameter"))
((return_statement (_) @value) @_return (#set! how "return"))
(method_declaration name: (identifier) @name body: (arrow_expression_clause (string_literal) @value))
((initializer_expression . (string_literal) @name . (string_literal) @value .) (#set! how "key"))

; SetPassword("x"), builder.Password("x").
((invocation_expression
   function: [(identifier) @name (member_access_expression name: (identifier) @name)]
   arguments: (argument_list . (argument (_) @value) .))
 (#set! how "setter"))
; The first argument names the second: Add("password", "x"), SetValue.
((invocation_expression
   function: (_) @_function
   arguments: (argument_list . (argument [(string_literal) (verbatim_string_literal)] @name) . (argument (_) @value)))
 (#match? @_function "(^|\\.)(Set|Add|TryAdd|Put|With|Append|Get|Use|Replace|Claim)[A-Za-z]*$")
 (#set! how "argument"))
((object_creation_expression
   type: (_) @_type
   arguments: (argument_list . (argument (string_literal) @name) . (argument (_) @value)))
 (#match? @_type "(Pair|Parameter|Header|Claim|Cookie)")
 (#set! how "argument"))

; Comparisons: ==, != and Equals, either side.
((binary_expression operator: ["==" "!="]) @comparison)
((binary_expression left: (identifier) @name operator: ["==" "!="] right: (_) @value) (#set! how "comparison"))
((binary_expression left: (_) @value operator: ["==" "!="] right: (identifier) @name) (#set! how "comparison"))
((binary_expression left: (member_access_expression name: (identifier) @name) operator: ["==" "!="] right: (_) @value) (#set! how "comparison"))
((binary_expression left: (_) @value operator: ["==" "!="] right: (member_access_expression name: (identifier) @name)) (#set! how "comparison"))
((invocation_expression function: (member_access_expression name: (identifier) @_m) arguments: (argument_list (argument) @comparison))
 (#any-of? @_m "Equals" "Compare" "SequenceEqual"))

; Names, not values.
(bracketed_argument_list (argument [(string_literal) (verbatim_string_literal)] @key))
((invocation_expression function: (_) @_m arguments: (argument_list . (argument (string_literal) @key)))
 (#match? @_m "(^|\\.)(GetEnvironmentVariable|GetConnectionString|GetSection|ContainsKey)$"))

(invocation_expression function: (_) @call.callee arguments: (argument_list) @call.arguments)
(object_creation_expression type: (_) @call.callee arguments: (argument_list) @call.arguments)

(class_declaration name: (_) @scope.name) @scope
(struct_declaration name: (_) @scope.name) @scope
(record_declaration name: (_) @scope.name) @scope
(method_declaration name: (_) @scope.name) @scope

; Composite format strings.
((invocation_expression function: (_) @_f arguments: (argument_list . (argument [(string_literal) (verbatim_string_literal)] @format) . (argument)))
 (#match? @_f "(^|\\.)(Format|AppendFormat|WriteLine|Write)$") (#set! format "composite"))

; Constants alone.
((attribute_argument) @constant (#set! constant "attribute"))
((attribute_argument (_) @use.constant))
((constant_pattern) @constant (#set! constant "pattern"))
(constant_pattern) @use.constant
((relational_pattern) @constant (#set! constant "pattern"))
(switch_section (_) @use.constant . ":")
((parameter "=" (_) @constant) (#set! constant "parameter-default"))
(parameter "=" (_) @use.constant)
((enum_member_declaration value: (_) @constant) (#set! constant "enum-member"))
((field_declaration (modifier) @_m (variable_declaration (variable_declarator name: (identifier) . (_) @use.constant)))
 (#eq? @_m "const"))
((local_declaration_statement (modifier) @_m (variable_declaration (variable_declarator name: (identifier) . (_) @use.constant)))
 (#eq? @_m "const"))

; A const becomes a static readonly field, or a plain variable.
((field_declaration (modifier) @change.replace (variable_declaration (variable_declarator name: (identifier) @change.name . (_) @change.value)))
 (#eq? @change.replace "const") (#set! change "const-field"))
((local_declaration_statement (modifier) @change.remove (variable_declaration (variable_declarator name: (identifier) @change.name . (_) @change.value)))
 (#eq? @change.remove "const") (#set! change "const-local"))

; configuration["Jwt:Key"] ?? "x": the section's name is the value's.
((binary_expression
   left: (element_access_expression subscript: (bracketed_argument_list (argument (string_literal) @name)))
   operator: "??"
   right: (_) @value)
 (#set! how "key"))

; Lookups with a hardcoded default.
((binary_expression
   left: (invocation_expression function: (_) @_f arguments: (argument_list . (argument (string_literal) @default.variable) .))
   operator: "??"
   right: (_) @default.value)
 (#match? @_f "(^|\\.)Environment\\s*\\.\\s*GetEnvironmentVariable$") (#set! default "coalesce"))
((invocation_expression
   function: (_) @_f
   arguments: (argument_list . (argument (string_literal) @default.variable) . (argument (_) @default.value) .)) @default.whole
 (#match? @_f "(?i)(^|\\.)(get|read|lookup|fetch)?_?env(ironment)?_?(var|variable|string)?_?(with|or)?_?(default|fallback|else)?$")
 (#match? @default.variable "^\"[A-Z][A-Z0-9_]*\"$")
 (#set! default "whole"))

; "<auto-generated>": the mark of C#'s generators.
((comment) @file.generated (#match? @file.generated "<auto-?generated"))

; Unity and mobile apps.
((using_directive (_) @file.device) (#match? @file.device "^(UnityEngine|Xamarin|Microsoft\\.Maui|Android|UIKit|Foundation)\\b"))
