; What literals are bound to.
(assignment left: [(identifier) (constant) (instance_variable) (class_variable) (global_variable)] @name right: (_) @value)
(assignment left: (scope_resolution name: (constant) @name) right: (_) @value)
(assignment left: (call method: (identifier) @name) right: (_) @value)
((assignment left: (element_reference (_) [(string) (simple_symbol) (delimited_symbol)] @name) right: (_) @value) (#set! how "subscript"))
(assignment left: (left_assignment_list) @names right: (right_assignment_list) @values)
(assignment left: (left_assignment_list) @names right: (array) @values)
(operator_assignment left: [(identifier) (constant) (instance_variable) (class_variable) (global_variable)] @name right: (_) @value)
(operator_assignment left: (call method: (identifier) @name) right: (_) @value)
((operator_assignment left: (element_reference (_) [(string) (simple_symbol)] @name) right: (_) @value) (#set! how "subscript"))
((optional_parameter name: (identifier) @name value: (_) @value) (#set! how "parameter"))
((keyword_parameter name: (identifier) @name value: (_) @value) (#set! how "parameter"))
((argument_list (pair key: [(hash_key_symbol) (simple_symbol) (string)] @name value: (_) @value)) (#set! how "keyword"))
((hash (pair key: [(hash_key_symbol) (simple_symbol) (string)] @name value: (_) @value)) (#set! how "key"))
((return (argument_list (_) @value)) @_return (#set! how "return"))

; The first argument names the second: set :password, 'x'; h.fetch(:password, 'x'); store, write_attribute.
((call method: (identifier) @_f arguments: (argument_list . [(simple_symbol) (string)] @name . (_) @value))
 (#match? @_f "(set|fetch|store|put|add|write|default|header|attribute|config|option|env|basic_auth|get|dig)")
 (#set! how "argument"))
; let(:password) { 'x' }, subject, factories: password { 'x' }.
((call method: (identifier) @_f arguments: (argument_list . (simple_symbol) @name .) block: (_ body: (_ . (_) @value .)))
 (#match? @_f "^(let!?|subject|define_method|attribute|transient|sequence)$") (#set! how "argument"))
((call !receiver method: (identifier) @name !arguments block: (block body: (block_body . (string) @value .))) (#set! how "attribute"))

; Comparisons, either side.
((binary operator: ["==" "!=" "===" "<=>"]) @comparison)
((binary left: [(identifier) (constant) (instance_variable) (global_variable)] @name operator: ["==" "!=" "==="] right: (_) @value) (#set! how "comparison"))
((binary left: (_) @value operator: ["==" "!=" "==="] right: [(identifier) (constant) (instance_variable) (global_variable)] @name) (#set! how "comparison"))
((binary left: (element_reference (_) [(string) (simple_symbol)] @name) operator: ["==" "!=" "==="] right: (_) @value) (#set! how "comparison"))
((binary left: (_) @value operator: ["==" "!=" "==="] right: (element_reference (_) [(string) (simple_symbol)] @name)) (#set! how "comparison"))
((binary left: (call method: (identifier) @name) operator: ["==" "!=" "==="] right: (_) @value) (#set! how "comparison"))
((binary left: (_) @value operator: ["==" "!=" "==="] right: (call method: (identifier) @name)) (#set! how "comparison"))
((case value: [(identifier) (instance_variable)] @name (when pattern: (pattern (_) @value))) (#set! how "comparison"))
((case value: (element_reference (_) [(string) (simple_symbol)] @name) (when pattern: (pattern (_) @value))) (#set! how "comparison"))
((call method: (identifier) @_f arguments: (argument_list . [(identifier) (instance_variable)] @name . (_) @value .))
 (#any-of? @_f "secure_compare" "fixed_length_secure_compare" "eql?" "equal?") (#set! how "comparison"))
((call method: (identifier) @_f arguments: (argument_list . (_) @value . [(identifier) (instance_variable)] @name .))
 (#any-of? @_f "secure_compare" "fixed_length_secure_compare") (#set! how "comparison"))

; Names, not values.
(pair key: (_) @key)
(element_reference (_) [(string) (simple_symbol) (delimited_symbol)] @key)
((call method: (identifier) @_f arguments: (argument_list . [(string) (simple_symbol)] @key)) 
 (#any-of? @_f "attr_accessor" "attr_reader" "attr_writer" "send" "public_send" "respond_to?" "define_method" "let" "let!" "key?" "has_key?"))

(call !receiver method: (_) @call.callee arguments: (argument_list) @call.arguments)
(call receiver: (_) @call.callee method: (_) @call.callee arguments: (argument_list) @call.arguments)

(class name: (_) @scope.name) @scope
(module name: (_) @scope.name) @scope
(method name: (_) @scope.name) @scope
(singleton_method name: (_) @scope.name) @scope

; Patterns.
((in_clause pattern: (_) @constant) (#set! constant "in-pattern"))
((match_pattern pattern: (_) @constant) (#set! constant "in-pattern"))
((test_pattern pattern: (_) @constant) (#set! constant "in-pattern"))
((call method: (identifier) @_f arguments: (argument_list) @constant)
 (#any-of? @_f "require" "require_relative" "load" "autoload") (#set! constant "require"))

; Hardcoded defaults of lookups that are there already: ENV['X'] || 'x', ENV.fetch('X', 'x'), ENV.fetch('X') { 'x' }.
((binary
   left: (element_reference object: (constant) @_e . "[" . (string) @default.variable . "]")
   operator: ["||" "or"]
   right: (_) @default.value) @default.whole
 (#eq? @_e "ENV") (#set! default "fetch"))
((binary
   left: (call receiver: (element_reference object: (constant) @_e . "[" . (string) @default.variable . "]") method: (identifier) @_m)
   operator: ["||" "or"]
   right: (_) @default.value) @default.whole
 (#eq? @_e "ENV") (#eq? @_m "presence") (#set! default "fetch"))
((operator_assignment
   left: (element_reference object: (constant) @_e . "[" . (string) @default.variable . "]")
   operator: "||="
   right: (_) @default.value) @default.whole
 (#eq? @_e "ENV") (#set! default "fetch"))
((conditional
   condition: (element_reference object: (constant) @_e . "[" . (string) @default.variable . "]")
   consequence: (element_reference object: (constant) @_e2 . "[" . (string) @_v . "]")
   alternative: (_) @default.value) @default.whole
 (#eq? @_e "ENV") (#eq? @_e2 "ENV") (#eq? @default.variable @_v) (#set! default "fetch"))
((conditional
   condition: (call receiver: (constant) @_e method: (identifier) @_m arguments: (argument_list . (string) @default.variable .))
   consequence: (element_reference object: (constant) @_e2 . "[" . (string) @_v . "]")
   alternative: (_) @default.value) @default.whole
 (#eq? @_e "ENV") (#any-of? @_m "key?" "has_key?" "include?") (#eq? @_e2 "ENV") (#eq? @default.variable @_v) (#set! default "fetch"))
((call receiver: (constant) @_e method: (identifier) @_m
   arguments: (argument_list . (string) @default.variable . (_) @default.value .))
 (#eq? @_e "ENV") (#eq? @_m "fetch") (#set! default "argument"))
((call receiver: (constant) @_e method: (identifier) @_m
   arguments: (argument_list . (string) @default.variable .)
   block: (_ body: (_ . (_) @default.value .)) @default.block)
 (#eq? @_e "ENV") (#eq? @_m "fetch") (#set! default "block"))

; Which of the file's here-documents a text belongs to is not told: one without interpolation speaks for all.
((heredoc_beginning) @file.raw-here-document (#match? @file.raw-here-document "'"))
