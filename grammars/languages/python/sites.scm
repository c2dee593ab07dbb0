; What literals are bound to.
(assignment left: (identifier) @name right: (_) @value)
(assignment left: (attribute attribute: (identifier) @name) right: (_) @value)
((assignment left: (subscript subscript: (string) @name) right: (_) @value) (#set! how "subscript"))
((assignment left: (subscript subscript: (identifier) @name) right: (_) @value) (#set! how "subscript"))
(assignment left: (pattern_list) @names right: (expression_list) @values)
(assignment left: (tuple_pattern) @names right: (tuple) @values)
(assignment left: (pattern_list) @names right: (tuple) @values)
(assignment left: (tuple_pattern) @names right: (expression_list) @values)
(augmented_assignment left: (identifier) @name right: (_) @value)
(augmented_assignment left: (attribute attribute: (identifier) @name) right: (_) @value)
((augmented_assignment left: (subscript subscript: (string) @name) right: (_) @value) (#set! how "subscript"))
(named_expression name: (identifier) @name value: (_) @value)
((keyword_argument name: (identifier) @name value: (_) @value) (#set! how "keyword"))
((default_parameter name: (identifier) @name value: (_) @value) (#set! how "parameter"))
((typed_default_parameter name: (identifier) @name value: (_) @value) (#set! how "parameter"))
((pair key: (string) @name value: (_) @value) (#set! how "key"))
((pair key: (identifier) @name value: (_) @value) (#set! how "key"))
((pair key: (attribute attribute: (identifier) @name) value: (_) @value) (#set! how "key"))
((return_statement (_) @value) @_return (#set! how "return"))

; Pairs that stand for a mapping: ("password", "x").
((tuple . (string) @name . (string) @value .) (#set! how "pair"))
((list . (string) @name . (string) @value .) (#set! how "pair"))

; The first argument names the second: d.get("password", "x"), setattr(o, "password", "x"), setdefault.
((call
   function: [(identifier) (attribute)] @_function
   arguments: (argument_list . (string) @name . (_) @value))
 (#match? @_function "(get|getenv|setdefault|set|put|pop|setenv|config|env|getattr|add_header|putheader|setitem|set_option|set_secret|default|str|get_config)$")
 (#set! how "argument"))
((call
   function: (identifier) @_function
   arguments: (argument_list . (_) . (string) @name . (_) @value))
 (#match? @_function "^(setattr|getattr)$")
 (#set! how "argument"))
; config.set("section", "password", "x"), curl.setopt(curl.PASSWORD, "x").
((call
   function: (attribute attribute: (identifier) @_function)
   arguments: (argument_list . (string) . (string) @name . (_) @value .))
 (#eq? @_function "set")
 (#set! how "argument"))
((call
   function: (attribute attribute: (identifier) @_function)
   arguments: (argument_list . (attribute attribute: (identifier) @name) . (_) @value .))
 (#eq? @_function "setopt")
 (#set! how "argument"))
; Options of a command line: add_argument("--password", default="x").
((call
   function: [(identifier) (attribute)] @_function
   arguments: (argument_list (string) @name (keyword_argument name: (identifier) @_keyword value: (_) @value)))
 (#match? @_function "(add_argument|add_option|option|Option|argument)$")
 (#eq? @_keyword "default")
 (#set! how "option"))

; Comparisons, either side.
(comparison_operator) @comparison
((comparison_operator (identifier) @name (_) @value) (#set! how "comparison"))
((comparison_operator (_) @value operators: ["==" "!=" "is" "is not"] (identifier) @name) (#set! how "comparison"))
((comparison_operator (attribute attribute: (identifier) @name) (_) @value) (#set! how "comparison"))
((comparison_operator (_) @value operators: ["==" "!=" "is" "is not"] (attribute attribute: (identifier) @name)) (#set! how "comparison"))
((comparison_operator (subscript subscript: (string) @name) (_) @value) (#set! how "comparison"))
((comparison_operator (_) @value operators: ["==" "!=" "is" "is not"] (subscript subscript: (string) @name)) (#set! how "comparison"))
((comparison_operator (call arguments: (argument_list . (string) @name)) (_) @value) (#set! how "comparison"))
((comparison_operator (_) @value (call arguments: (argument_list . (string) @name))) (#set! how "comparison"))

; Names, not values.
(pair key: [(string) (concatenated_string) (integer)] @key)
(subscript subscript: (string) @key)

(call function: (_) @call.callee arguments: (argument_list) @call.arguments)

(class_definition name: (identifier) @scope.name) @scope
(function_definition name: (identifier) @scope.name) @scope

; Documentation.
(module . (comment)* . (expression_statement . [(string) (concatenated_string)] @doc .))
(class_definition body: (block . (comment)* . (expression_statement . [(string) (concatenated_string)] @doc .)))
(function_definition body: (block . (comment)* . (expression_statement . [(string) (concatenated_string)] @doc .)))
; A string that stands by itself after something else is documentation of that.
(expression_statement . [(string) (concatenated_string)] @doc .)

; Formats of their own.
((binary_operator left: [(string) (concatenated_string)] @format operator: "%") (#set! format "percent"))
((binary_operator left: (parenthesized_expression [(string) (concatenated_string)] @format) operator: "%") (#set! format "percent"))
((call function: (attribute object: [(string) (concatenated_string)] @format attribute: (identifier) @_f))
 (#any-of? @_f "format" "format_map") (#set! format "brace"))
((call function: (attribute object: (parenthesized_expression [(string) (concatenated_string)] @format) attribute: (identifier) @_f))
 (#any-of? @_f "format" "format_map") (#set! format "brace"))

; Constants alone.
((case_pattern) @constant (#set! constant "match-pattern"))
((type) @constant (#set! constant "literal-type"))
((assignment left: (identifier) @_n right: (_) @constant) (#any-of? @_n "__slots__" "__all__" "__match_args__")
 (#set! constant "slots"))

; Hardcoded defaults of lookups that are there already.
((call
   function: (attribute object: (identifier) attribute: (identifier) @_f)
   arguments: (argument_list . (_) @default.variable . (_) @default.value .)) @default.whole
 (#eq? @_f "getenv") (#set! default "getenv"))
((call
   function: (identifier) @_f
   arguments: (argument_list . (_) @default.variable . (_) @default.value .)) @default.whole
 (#eq? @_f "getenv") (#set! default "getenv"))
((call
   function: (attribute object: [(identifier) (attribute)] @default.mapping attribute: (identifier) @_f)
   arguments: (argument_list . (_) @default.variable . [(_) @default.value (keyword_argument value: (_) @default.value)] .)) @default.whole
 (#match? @default.mapping "(^|\\.)environ$") (#any-of? @_f "get" "setdefault" "pop") (#set! default "environ"))
((boolean_operator
   left: (call
     function: (attribute object: [(identifier) (attribute)] @default.mapping attribute: (identifier) @_f)
     arguments: (argument_list . (_) @default.variable .))
   operator: "or"
   right: (_) @default.value) @default.whole
 (#match? @default.mapping "(^|\\.)environ$") (#eq? @_f "get") (#set! default "environ"))
((boolean_operator
   left: (call
     function: (attribute attribute: (identifier) @_f)
     arguments: (argument_list . (_) @default.variable .))
   operator: "or"
   right: (_) @default.value) @default.whole
 (#eq? @_f "getenv") (#set! default "getenv"))
((call
   function: (identifier) @_f
   arguments: (argument_list . (_) @default.variable (keyword_argument name: (identifier) @_k value: (_) @default.value) @default.argument))
 (#any-of? @_f "config" "env") (#eq? @_k "default") (#set! default "argument"))
((call
   function: (attribute object: (identifier) @_o)
   arguments: (argument_list . (_) @default.variable (keyword_argument name: (identifier) @_k value: (_) @default.value) @default.argument))
 (#any-of? @_o "config" "env") (#eq? @_k "default") (#set! default "argument"))
((call
   function: (attribute object: (identifier) @_o)
   arguments: (argument_list . (string) @default.variable . (string) @default.value @default.argument))
 (#eq? @_o "env") (#set! default "argument"))
; pydantic: a settings class's field.
((class_definition
   superclasses: (argument_list [(identifier) (attribute)] @_base)
   body: (block (expression_statement (assignment left: (identifier) @default.field type: (_) right: [(string) (integer)] @default.value))))
 (#match? @_base "BaseSettings$") (#set! default "field-plain"))
((call
   function: (identifier) @_f
   arguments: (argument_list . (string) @default.value (keyword_argument name: (identifier) @_k value: (string) @default.variable)))
 (#eq? @_f "Field") (#any-of? @_k "env" "validation_alias" "alias") (#set! default "field-call"))

((class_definition
   superclasses: (argument_list [(identifier) (attribute)] @_base)
   body: (block (expression_statement (assignment left: (identifier) @default.field type: (_)
     right: (call function: [(identifier) (attribute)] @_f arguments: (argument_list . (string) @default.value))))))
 (#match? @_base "BaseSettings$") (#match? @_f "(^|\\.)Field$") (#set! default "field-call-named"))
((class_definition
   superclasses: (argument_list [(identifier) (attribute)] @_base)
   body: (block (expression_statement (assignment left: (identifier) @default.field type: (_)
     right: (call function: [(identifier) (attribute)] @_f arguments: (argument_list (keyword_argument name: (identifier) @_k value: (string) @default.value)))))))
 (#match? @_base "BaseSettings$") (#match? @_f "(^|\\.)Field$") (#eq? @_k "default") (#set! default "field-call-named"))
; …with a prefix, which stands before the fields (model_config) or after them (class Config).
((class_definition
   superclasses: (argument_list [(identifier) (attribute)] @_base)
   body: (block
     (expression_statement (assignment left: (identifier) @_m right: (call arguments: (argument_list
       (keyword_argument name: (identifier) @_p value: (string) @default.prefix)))))
     (expression_statement (assignment left: (identifier) type: (_) right: [(string) @default.value (integer) @default.value
       (call arguments: (argument_list . (string) @default.value))
       (call arguments: (argument_list (keyword_argument value: (string) @default.value)))]))))
 (#match? @_base "BaseSettings$") (#eq? @_m "model_config") (#eq? @_p "env_prefix") (#set! default "prefix"))
((class_definition
   superclasses: (argument_list [(identifier) (attribute)] @_base)
   body: (block
     (expression_statement (assignment left: (identifier) type: (_) right: [(string) @default.value (integer) @default.value
       (call arguments: (argument_list . (string) @default.value))
       (call arguments: (argument_list (keyword_argument value: (string) @default.value)))]))
     (expression_statement (assignment left: (identifier) @_m right: (call arguments: (argument_list
       (keyword_argument name: (identifier) @_p value: (string) @default.prefix)))))))
 (#match? @_base "BaseSettings$") (#eq? @_m "model_config") (#eq? @_p "env_prefix") (#set! default "prefix"))
((class_definition
   superclasses: (argument_list [(identifier) (attribute)] @_base)
   body: (block
     (expression_statement (assignment left: (identifier) type: (_) right: [(string) @default.value (integer) @default.value
       (call arguments: (argument_list . (string) @default.value))
       (call arguments: (argument_list (keyword_argument value: (string) @default.value)))]))
     (class_definition name: (identifier) @_m body: (block
       (expression_statement (assignment left: (identifier) @_p right: (string) @default.prefix))))))
 (#match? @_base "BaseSettings$") (#eq? @_m "Config") (#eq? @_p "env_prefix") (#set! default "prefix"))
((class_definition
   superclasses: (argument_list [(identifier) (attribute)] @_base)
   body: (block
     (class_definition name: (identifier) @_m body: (block
       (expression_statement (assignment left: (identifier) @_p right: (string) @default.prefix))))
     (expression_statement (assignment left: (identifier) type: (_) right: [(string) @default.value (integer) @default.value
       (call arguments: (argument_list . (string) @default.value))
       (call arguments: (argument_list (keyword_argument value: (string) @default.value)))]))))
 (#match? @_base "BaseSettings$") (#eq? @_m "Config") (#eq? @_p "env_prefix") (#set! default "prefix"))
((class_definition
   superclasses: (argument_list [(identifier) (attribute)] @_base (keyword_argument name: (identifier) @_p value: (string) @default.prefix))
   body: (block
     (expression_statement (assignment left: (identifier) type: (_) right: [(string) @default.value (integer) @default.value
       (call arguments: (argument_list . (string) @default.value))
       (call arguments: (argument_list (keyword_argument value: (string) @default.value)))]))))
 (#match? @_base "BaseSettings$") (#eq? @_p "env_prefix") (#set! default "prefix"))
; …and where capitals count.
((keyword_argument name: (identifier) @_k value: (true)) @file.case-sensitive (#eq? @_k "case_sensitive"))
((assignment left: (identifier) @_k right: (true)) @file.case-sensitive (#eq? @_k "case_sensitive"))

; Python 2 has no f-strings.
(print_statement) @file.python2
(exec_statement) @file.python2
