; What literals are bound to.
(variable_declarator name: (identifier) @name value: (_) @value)
(assignment_expression left: (identifier) @name right: (_) @value)
(assignment_expression left: (field_access field: (identifier) @name) right: (_) @value)
((assignment_expression left: (array_access index: [(string_literal) (character_literal)] @name) right: (_) @value) (#set! how "subscript"))
((map_item key: (identifier) @name value: (_) @value) (#set! how "key"))
((map_item key: [(string_literal) (character_literal)] @name value: (_) @value) (#set! how "key"))
((juxt_function_call name: (identifier) @name args: (argument_list . (_) @value .)) (#set! how "setter"))
((method_invocation name: (identifier) @name arguments: (argument_list . (_) @value .)) (#set! how "setter"))
((method_invocation name: (identifier) @_f arguments: (argument_list . [(string_literal) (character_literal)] @name . (_) @value))
 (#match? @_f "^(set|put|add|get|with|header|property|buildConfigField|resValue|systemProperty|environment)") (#set! how "argument"))
((juxt_function_call name: (identifier) @_f args: (argument_list . [(string_literal) (character_literal)] @name . (_) @value))
 (#match? @_f "^(set|systemProperty|environment|property)") (#set! how "argument"))

((binary_expression operator: ["==" "!="]) @comparison)
((binary_expression left: (identifier) @name operator: ["==" "!="] right: (_) @value) (#set! how "comparison"))
((binary_expression left: (_) @value operator: ["==" "!="] right: (identifier) @name) (#set! how "comparison"))

; Names, not values.
(map_item key: [(string_literal) (character_literal)] @key)
(array_access index: [(string_literal) (character_literal)] @key)
((method_invocation name: (identifier) @_m arguments: (argument_list . (_) @key)) (#any-of? @_m "getenv" "getProperty" "findProperty" "hasProperty"))

(method_invocation name: (_) @call.callee arguments: (argument_list) @call.arguments)
(method_invocation object: (_) @call.callee name: (_) @call.callee arguments: (argument_list) @call.arguments)
(juxt_function_call name: (_) @call.callee args: (argument_list) @call.arguments)

(class_declaration name: (_) @scope.name) @scope
(method_invocation name: (_) @scope.name body: (closure)) @scope

((annotation arguments: (_) @constant) (#set! constant "annotation"))
((method_invocation name: (identifier) @_n body: (closure (juxt_function_call) @constant)) (#eq? @_n "plugins") (#set! constant "plugins-block"))

((juxt_function_call args: (argument_list . [(string_literal) (character_literal)] @mark .)) (#set! mark "command"))
