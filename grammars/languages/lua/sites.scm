; What literals are bound to.
(assignment_statement (variable_list (_) (_)) @names (expression_list) @values)
(assignment_statement (variable_list . name: (identifier) @name .) (expression_list . (_) @value .))
(assignment_statement (variable_list . name: (identifier) @name . (attribute) .) (expression_list . (_) @value .))
(assignment_statement (variable_list . name: (dot_index_expression field: (identifier) @name) .) (expression_list . (_) @value .))
((assignment_statement (variable_list . name: (bracket_index_expression field: (string) @name) .) (expression_list . (_) @value .)) (#set! how "subscript"))
((field name: [(identifier) (string)] @name value: (_) @value) (#set! how "key"))
((return_statement (expression_list . (_) @value .)) @_return (#set! how "return"))

; The first argument names the second: settings:set("password", "x"), ngx.req.set_header("Authorization", "x").
((function_call name: (_) @_f arguments: (arguments . (string) @name . (_) @value))
 (#match? @_f "(?i)(set|put|add|define|header|config|option|environ)[a-z_]*$") (#set! how "argument"))

; Comparisons, either side.
((binary_expression operator: ["==" "~="]) @comparison)
((binary_expression left: [(identifier) (dot_index_expression)] @name operator: ["==" "~="] right: (_) @value) (#set! how "comparison"))
((binary_expression left: (_) @value operator: ["==" "~="] right: [(identifier) (dot_index_expression)] @name) (#set! how "comparison"))
((binary_expression left: (bracket_index_expression field: (string) @name) operator: ["==" "~="] right: (_) @value) (#set! how "comparison"))

; Names, not values.
(field name: (string) @key)
(bracket_index_expression field: (string) @key)

(function_call name: (_) @call.callee arguments: (arguments) @call.arguments)
(function_declaration name: (_) @scope.name) @scope

; Between parentheses of a call, an expression stands as it is; `f "x"` has none.
(arguments "(" (_) @bare)
((arguments (string) @mark) @_a (#match? @_a "^[\"'\\[]") (#set! mark "argument"))

; Format strings.
((function_call name: (dot_index_expression field: (identifier) @_f) arguments: (arguments . (string) @format))
 (#eq? @_f "format") (#set! format "percent"))
((function_call name: (method_index_expression table: (parenthesized_expression (string) @format) method: (identifier) @_f))
 (#eq? @_f "format") (#set! format "percent"))

((function_call name: (identifier) @_f arguments: (arguments . (string) @constant))
 (#any-of? @_f "require" "dofile" "loadfile") (#set! constant "require"))

; Hardcoded defaults of lookups that are there already: os.getenv("X") or "x".
((binary_expression
   left: (function_call name: (dot_index_expression table: (identifier) @_o field: (identifier) @_g) arguments: (arguments . (string) @default.variable .))
   operator: "or"
   right: (_) @default.value)
 (#eq? @_o "os") (#eq? @_g "getenv") (#set! default "operand"))

; A program of a microcontroller (NodeMCU): wifi.setmode(…), node.restart(), gpio.mode(…).
((function_call name: (dot_index_expression) @file.device)
 (#match? @file.device "^(wifi\\.(setmode|start|mode)|wifi\\.(sta|ap)\\.(config|connect|start)|node\\.(restart|dsleep|heap|chipid)|gpio\\.(mode|write))$"))

; A script that runs inside of Redis: redis.call(…).
((function_call name: (dot_index_expression table: (identifier) @_r field: (identifier) @_c)) @file.redis-script
 (#eq? @_r "redis") (#any-of? @_c "call" "pcall"))
