; What literals are bound to.
(variable_declarator name: (identifier) @name value: (_) @value)
(assignment_expression left: (identifier) @name right: (_) @value)
(assignment_expression left: (field_access field: (identifier) @name) right: (_) @value)
((assignment_expression left: (array_access index: (string_literal) @name) right: (_) @value) (#set! how "subscript"))
((element_value_pair key: (identifier) @name value: (_) @value) (#set! how "keyword"))
((return_statement (_) @value) @_return (#set! how "return"))
((enum_constant name: (identifier) @name arguments: (argument_list (_) @value)) (#set! how "key"))
; A method that does nothing but answer says what it answers.
(method_declaration name: (identifier) @name body: (block . (return_statement (string_literal) @value) .))

; setPassword("x"), builder.password("x").
((method_invocation name: (identifier) @name arguments: (argument_list . (_) @value .)) (#set! how "setter"))
; The first argument names the second: put("password", "x"), setProperty, addHeader, Map.of.
((method_invocation
   name: (identifier) @_function
   arguments: (argument_list . (string_literal) @name . (_) @value))
 (#match? @_function "^(set|put|add|get|with|header|param|property|attribute|queryParam|of|entry|env|cookie|field|claim|option|value|equal|requestAttr|sessionAttr|addParameter)")
 (#set! how "argument"))
((method_invocation
   name: (identifier) @_function
   arguments: (argument_list . (field_access field: (identifier) @name) . (_) @value))
 (#match? @_function "^(set|put|add|with)")
 (#set! how "argument"))
((object_creation_expression
   type: (_) @_type
   arguments: (argument_list . (string_literal) @name . (_) @value))
 (#match? @_type "(Pair|Entry|Header|Property|Parameter|SimpleEntry|Cookie)")
 (#set! how "argument"))

; Comparisons: == and equals, either side.
((binary_expression operator: ["==" "!="]) @comparison)
((binary_expression left: (identifier) @name operator: ["==" "!="] right: (_) @value) (#set! how "comparison"))
((binary_expression left: (_) @value operator: ["==" "!="] right: (identifier) @name) (#set! how "comparison"))
((method_invocation name: (identifier) @_m arguments: (argument_list) @comparison)
 (#any-of? @_m "equals" "equalsIgnoreCase" "contentEquals" "compareTo" "matches"))
((method_invocation object: (string_literal) name: (identifier) @_m) @comparison
 (#any-of? @_m "equals" "equalsIgnoreCase" "contentEquals" "compareTo"))
((method_invocation object: (string_literal) @value name: (identifier) @_m arguments: (argument_list . (identifier) @name .))
 (#any-of? @_m "equals" "equalsIgnoreCase" "contentEquals") (#set! how "comparison"))
((method_invocation object: (string_literal) @value name: (identifier) @_m arguments: (argument_list . (method_invocation name: (identifier) @name) .))
 (#any-of? @_m "equals" "equalsIgnoreCase" "contentEquals") (#set! how "comparison"))
((method_invocation object: (identifier) @name name: (identifier) @_m arguments: (argument_list . (string_literal) @value .))
 (#any-of? @_m "equals" "equalsIgnoreCase" "contentEquals") (#set! how "comparison"))
((method_invocation object: (method_invocation name: (identifier) @name) name: (identifier) @_m arguments: (argument_list . (string_literal) @value .))
 (#any-of? @_m "equals" "equalsIgnoreCase" "contentEquals") (#set! how "comparison"))

; Names, not values.
(array_access index: (string_literal) @key)
((method_invocation name: (identifier) @_m arguments: (argument_list . (string_literal) @key))
 (#any-of? @_m "getenv" "getProperty" "containsKey"))

(method_invocation name: (_) @call.callee arguments: (argument_list) @call.arguments)
(method_invocation object: (_) @call.callee name: (_) @call.callee arguments: (argument_list) @call.arguments)
(object_creation_expression type: (_) @call.callee arguments: (argument_list) @call.arguments)

(class_declaration name: (_) @scope.name) @scope
(interface_declaration name: (_) @scope.name) @scope
(enum_declaration name: (_) @scope.name) @scope
(record_declaration name: (_) @scope.name) @scope
(method_declaration name: (_) @scope.name) @scope

; Format strings.
((method_invocation object: (identifier) @_o name: (identifier) @_m arguments: (argument_list . (string_literal) @format))
 (#eq? @_o "String") (#eq? @_m "format") (#set! format "percent"))
((method_invocation name: (identifier) @_m arguments: (argument_list . (string_literal) @format . (_)))
 (#eq? @_m "printf") (#set! format "percent"))
((method_invocation object: (string_literal) @format name: (identifier) @_m)
 (#eq? @_m "formatted") (#set! format "percent"))
((method_invocation object: (identifier) @_o name: (identifier) @_m arguments: (argument_list . (string_literal) @format))
 (#eq? @_o "MessageFormat") (#eq? @_m "format") (#set! format "message"))

; Spring's @Value.
((annotation name: (_) @_n arguments: (annotation_argument_list . (string_literal) @mark .))
 (#match? @_n "(^|\\.)Value$") (#set! mark "spring-value"))
((annotation name: (_) @_n arguments: (annotation_argument_list . (string_literal) @constant .))
 (#match? @_n "(^|\\.)Value$") (#match? @constant "#\\{|\"\"\"") (#set! constant "spring-expression"))

; Constants alone.
((annotation name: (_) @_n arguments: (annotation_argument_list) @constant)
 (#not-match? @_n "(^|\\.)Value$") (#set! constant "annotation"))
((annotation name: (_) @_n arguments: (annotation_argument_list (_) @constant))
 (#match? @_n "(^|\\.)Value$") (#not-match? @constant "^\"") (#set! constant "annotation"))
(annotation arguments: (annotation_argument_list (element_value_pair value: (_) @use.constant)))
(annotation arguments: (annotation_argument_list
  [(identifier) (field_access) (binary_expression) (parenthesized_expression) (element_value_array_initializer) (ternary_expression)] @use.constant))
((switch_label) @constant (#set! constant "switch-label"))
(switch_label) @use.constant
(annotation_type_element_declaration value: (_) @constant (#set! constant "annotation-default"))
(annotation_type_element_declaration value: (_) @use.constant)
((variable_declarator name: (identifier) @change.name value: (_) @change.value) (#set! change "constant"))

; Lookups with a hardcoded default.
((method_invocation
   object: (method_invocation object: (identifier) @_o name: (identifier) @_g)
   name: (identifier) @_m
   arguments: (argument_list . (string_literal) @default.variable . (_) @default.value .)) @default.whole
 (#eq? @_o "System") (#eq? @_g "getenv") (#eq? @_m "getOrDefault") (#set! default "whole"))
((method_invocation
   object: (method_invocation
     name: (identifier) @_of
     arguments: (argument_list . (method_invocation object: (identifier) @_o name: (identifier) @_g arguments: (argument_list . (string_literal) @default.variable .)) .))
   name: (identifier) @_m
   arguments: (argument_list . (_) @default.value .)) @default.whole
 (#any-of? @_of "ofNullable" "fromNullable") (#eq? @_o "System") (#eq? @_g "getenv") (#any-of? @_m "orElse" "or")
 (#set! default "whole"))
((method_invocation
   name: (identifier) @_m
   arguments: (argument_list
     . (method_invocation object: (identifier) @_o name: (identifier) @_g arguments: (argument_list . (string_literal) @default.variable .))
     . (_) @default.value .)) @default.whole
 (#eq? @_o "System") (#eq? @_g "getenv")
 (#any-of? @_m "requireNonNullElse" "defaultIfEmpty" "defaultIfBlank" "defaultString" "firstNonNull" "nonNull")
 (#set! default "whole"))
; System.getenv("X") != null ? System.getenv("X") : "secret", either way round.
((ternary_expression
   condition: (binary_expression
     left: (method_invocation object: (identifier) @_o name: (identifier) @_g arguments: (argument_list . (string_literal) @default.variable .)) @_condition
     operator: "!="
     right: (null_literal))
   consequence: (method_invocation) @_consequence
   alternative: (_) @default.value) @default.whole
 (#eq? @_o "System") (#eq? @_g "getenv") (#eq? @_condition @_consequence) (#set! default "whole"))
((ternary_expression
   condition: (binary_expression
     left: (method_invocation object: (identifier) @_o name: (identifier) @_g arguments: (argument_list . (string_literal) @default.variable .)) @_condition
     operator: "=="
     right: (null_literal))
   consequence: (_) @default.value
   alternative: (method_invocation) @_alternative) @default.whole
 (#eq? @_o "System") (#eq? @_g "getenv") (#eq? @_condition @_alternative) (#set! default "whole"))
; Helpers: getEnv("X", "default"), envOrDefault.
((method_invocation
   name: (identifier) @_f
   arguments: (argument_list . (string_literal) @default.variable . (_) @default.value .)) @default.whole
 (#match? @_f "(?i)^(get|read|lookup|fetch|must)?_?env(ironment)?_?(var|variable|string|str)?_?(with|or)?_?(default|fallback|else)?$")
 (#match? @default.variable "^\"[A-Z][A-Z0-9_]*\"$")
 (#set! default "whole"))

; "@Generated", and the marks of common generators.
((program (_ (modifiers [(annotation name: (_) @file.generated) (marker_annotation name: (_) @file.generated)])))
 (#match? @file.generated "(^|\\.)Generated$"))
((line_comment) @file.generated (#match? @file.generated "^// Generated by the protocol buffer compiler"))

; Android.
((import_declaration (scoped_identifier) @file.device) (#match? @file.device "^androidx?\\."))
