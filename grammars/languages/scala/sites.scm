; What literals are bound to.
(val_definition pattern: (identifier) @name value: (_) @value)
(var_definition pattern: (identifier) @name value: (_) @value)
(assignment_expression left: (identifier) @name right: (_) @value)
(assignment_expression left: (field_expression field: (identifier) @name) right: (_) @value)
((arguments (assignment_expression left: (identifier) @name right: (_) @value)) (#set! how "keyword"))
((parameter name: (identifier) @name default_value: (_) @value) (#set! how "parameter"))
((class_parameter name: (identifier) @name default_value: (_) @value) (#set! how "parameter"))
(function_definition name: (identifier) @name body: (string) @value)
((infix_expression left: (string) @name operator: (_) @_to right: (_) @value) (#any-of? @_to "->" ":=") (#set! how "key"))
((infix_expression left: (identifier) @name operator: (_) @_to right: (_) @value) (#eq? @_to ":="))
((tuple_expression . (string) @name . (_) @value .) (#set! how "pair"))
((return_expression (_) @value) @_return (#set! how "return"))

((call_expression function: [(identifier) @name (field_expression field: (identifier) @name)] arguments: (arguments . (_) @value .))
 (#not-any-of? @name "List" "Seq" "Set" "Map" "Some" "Option" "Array" "println") (#set! how "setter"))
((call_expression function: (_) @_f arguments: (arguments . (string) @name . (_) @value))
 (#match? @_f "(^|\\.)(set|put|add|updated|with|header|option|config|get|conf)[A-Za-z]*$") (#set! how "argument"))

((infix_expression operator: (_) @_op) @comparison (#any-of? @_op "==" "!=" "eq" "equals"))
((infix_expression left: (identifier) @name operator: (_) @_op right: (_) @value) (#any-of? @_op "==" "!=") (#set! how "comparison"))
((infix_expression left: (_) @value operator: (_) @_op right: (identifier) @name) (#any-of? @_op "==" "!=") (#set! how "comparison"))
((infix_expression left: (field_expression field: (identifier) @name) operator: (_) @_op right: (_) @value) (#any-of? @_op "==" "!=") (#set! how "comparison"))

; Names, not values.
((infix_expression left: (string) @key operator: (_) @_to) (#eq? @_to "->"))
((call_expression function: (field_expression field: (identifier) @_f) arguments: (arguments . (string) @key)) (#any-of? @_f "getenv" "getString" "getProperty"))

(call_expression function: (_) @call.callee arguments: (arguments) @call.arguments)

(class_definition name: (_) @scope.name) @scope
(object_definition name: (_) @scope.name) @scope
(trait_definition name: (_) @scope.name) @scope
(function_definition name: (_) @scope.name) @scope

; Constants alone.
((case_clause pattern: (_) @constant) (#set! constant "pattern"))
((annotation arguments: (_) @constant) (#set! constant "annotation"))
(annotation arguments: (_) @use.constant)
((val_definition (modifiers) @_m value: (_) @constant) (#match? @_m "\\binline\\b") (#set! constant "inline"))
((val_definition pattern: (identifier) @change.name value: (_) @change.value) (#set! change "constant"))

; Lookups with a hardcoded default.
((call_expression
   function: (field_expression value: (field_expression value: (identifier) @_sys field: (identifier) @_env) field: (identifier) @_f)
   arguments: (arguments . (string) @default.variable . (_) @default.value .)) @default.whole
 (#eq? @_sys "sys") (#eq? @_env "env") (#eq? @_f "getOrElse") (#set! default "whole"))
((call_expression
   function: (field_expression
     value: (call_expression
       function: (field_expression value: (field_expression value: (identifier) @_sys field: (identifier) @_env) field: (identifier) @_get)
       arguments: (arguments . (string) @default.variable .))
     field: (identifier) @_f)
   arguments: (arguments . (_) @default.value .)) @default.whole
 (#eq? @_sys "sys") (#eq? @_env "env") (#eq? @_get "get") (#eq? @_f "getOrElse") (#set! default "whole"))
((call_expression
   function: (field_expression
     value: (call_expression
       function: (identifier) @_option
       arguments: (arguments . (call_expression function: (field_expression field: (identifier) @_get) arguments: (arguments . (string) @default.variable .)) .))
     field: (identifier) @_f)
   arguments: (arguments . (_) @default.value .)) @default.whole
 (#eq? @_option "Option") (#eq? @_get "getenv") (#eq? @_f "getOrElse") (#set! default "whole"))
