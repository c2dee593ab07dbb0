; What literals are bound to.
(var_spec name: (identifier) @name value: (expression_list . (_) @value .))
(var_spec . name: (identifier) @names . "," . name: (identifier) @names value: (expression_list) @values)
(var_spec . name: (identifier) @names . "," . name: (identifier) @names . "," . name: (identifier) @names value: (expression_list) @values)
(var_spec . name: (identifier) @names . "," . name: (identifier) @names . "," . name: (identifier) @names . "," . name: (identifier) @names value: (expression_list) @values)
(const_spec name: (identifier) @name value: (expression_list . (_) @value .))
(const_spec . name: (identifier) @names . "," . name: (identifier) @names value: (expression_list) @values)
(const_spec . name: (identifier) @names . "," . name: (identifier) @names . "," . name: (identifier) @names value: (expression_list) @values)
(const_spec . name: (identifier) @names . "," . name: (identifier) @names . "," . name: (identifier) @names . "," . name: (identifier) @names value: (expression_list) @values)
(short_var_declaration left: (expression_list) @names right: (expression_list) @values)
(assignment_statement left: (expression_list) @names right: (expression_list) @values)
(assignment_statement left: (expression_list (selector_expression field: (field_identifier) @name)) right: (expression_list . (_) @value .))
((assignment_statement left: (expression_list (index_expression index: (interpreted_string_literal) @name)) right: (expression_list . (_) @value .))
 (#set! how "subscript"))
((keyed_element key: (literal_element (identifier) @name) value: (literal_element (_) @value)) (#set! how "keyword"))
((keyed_element key: (literal_element [(interpreted_string_literal) (raw_string_literal)] @name) value: (literal_element (_) @value))
 (#set! how "key"))
((return_statement (expression_list (_) @value)) @_return (#set! how "return"))

; The first argument names the second: m.Set("password", "x"), os.Setenv, viper.SetDefault, flag.String.
((call_expression
   function: [(identifier) (selector_expression)] @_function
   arguments: (argument_list . [(interpreted_string_literal) (raw_string_literal)] @name . (_) @value))
 (#match? @_function "(?i)(set|get|add|put|env|default|string|str|header|value|withfield|param|field|lookup|var|flag|option|config)[a-z]*$")
 (#set! how "argument"))
((call_expression
   function: (selector_expression) @_function
   arguments: (argument_list . (_) . (interpreted_string_literal) @name . (_) @value))
 (#match? @_function "(StringVar|WithValue|StringVarP)$")
 (#set! how "argument"))

; Comparisons, either side.
((binary_expression operator: ["==" "!="]) @comparison)
((binary_expression left: (identifier) @name operator: ["==" "!="] right: (_) @value) (#set! how "comparison"))
((binary_expression left: (_) @value operator: ["==" "!="] right: (identifier) @name) (#set! how "comparison"))
((binary_expression left: (selector_expression field: (_) @name) operator: ["==" "!="] right: (_) @value) (#set! how "comparison"))
((binary_expression left: (_) @value operator: ["==" "!="] right: (selector_expression field: (_) @name)) (#set! how "comparison"))
((binary_expression left: (call_expression arguments: (argument_list . (interpreted_string_literal) @name .)) operator: ["==" "!="] right: (_) @value)
 (#set! how "comparison"))

; Names, not values.
(keyed_element key: (literal_element [(interpreted_string_literal) (raw_string_literal)] @key))
(index_expression index: [(interpreted_string_literal) (raw_string_literal)] @key)

(call_expression function: (_) @call.callee arguments: (argument_list) @call.arguments)

(function_declaration name: (_) @scope.name) @scope
(method_declaration name: (_) @scope.name) @scope
(type_spec name: (_) @scope.name) @scope

; Format strings: fmt's functions, and what is called like them (log.Fatalf, errors.Errorf, t.Logf).
((call_expression
   function: [(identifier) (selector_expression)] @_f
   arguments: (argument_list . [(interpreted_string_literal) (raw_string_literal)] @format . (_)))
 (#match? @_f "(^|\\.)[A-Z][a-z]*f$") (#set! format "percent"))
((call_expression
   function: (selector_expression) @_f
   arguments: (argument_list . (_) . [(interpreted_string_literal) (raw_string_literal)] @format . (_)))
 (#match? @_f "(^|\\.)(Fprintf|Appendf)$") (#set! format "percent"))

; Constants alone.
(expression_case value: (_) @constant (#set! constant "switch-case"))
(array_type length: (_) @constant (#set! constant "const-size"))
(array_type length: (_) @use.constant)
(const_spec value: (_) @use.constant)
(field_declaration tag: (_) @constant (#set! constant "struct-tag"))
(import_spec path: (_) @constant (#set! constant "import-path"))

; Types of their own: only string and what any value fits into take a lookup.
((const_spec type: (_) @_type value: (_) @constant) (#not-eq? @_type "string") (#set! constant "const-typed"))
((var_spec type: [(type_identifier) (qualified_type)] @_type value: (expression_list . (interpreted_string_literal) @constant .))
 (#not-any-of? @_type "string" "any") (#set! constant "const-typed"))
((var_spec type: [(type_identifier) (qualified_type)] @_type value: (expression_list . (raw_string_literal) @constant .))
 (#not-any-of? @_type "string" "any") (#set! constant "const-typed"))

; A const that repeats: `const ( a = "x"; b )`.
(const_declaration (const_spec value: (_) @constant) . (const_spec !value) (#set! constant "const-iota"))

; A const becomes a var; in a group, it leaves that.
((const_declaration "const" @change.replace (const_spec . name: (identifier) @change.name value: (_) @change.value)) @_declaration
 (#not-match? @_declaration "^const(\\s|/\\*[\\s\\S]*?\\*/|//[^\n]*\n)*\\(")
 (#set! change "const"))
((const_declaration "const" @change.replace . "(" . (const_spec . name: (identifier) @change.name value: (_) @change.value) . ")")
 (#set! change "const"))
((const_declaration "(" (const_spec . name: (identifier) @change.name value: (_) @change.value) @change.cut) @change.paste
 (#match? @change.paste "\\biota\\b")
 (#set! change "const-in-iota-group"))
((const_declaration "(" (const_spec . name: (identifier) @change.name value: (_) @change.value) @change.cut) @change.paste
 (#set! change "const-in-group"))

; Lookups with a hardcoded default: helpers of this shape are in every code base, getEnv("X", "default").
((call_expression
   function: [(identifier) (selector_expression)] @_f
   arguments: (argument_list . (interpreted_string_literal) @default.variable . (_) @default.value .)) @default.whole
 (#match? @_f "(?i)(^|\\.)(must_?)?(get|lookup|fetch|read)?_?(os)?_?env(iron(ment)?)?_?(var|variable|str|string)?_?(with|or)?_?(default|fallback|else)?$")
 (#match? @default.variable "^\"[A-Z][A-Z0-9_]*\"$")
 (#set! default "whole"))
((call_expression
   function: (selector_expression) @_f
   arguments: (argument_list
     . (call_expression function: (selector_expression) @_g arguments: (argument_list . (interpreted_string_literal) @default.variable .))
     . (_) @default.value .)) @default.whole
 (#eq? @_f "cmp.Or") (#eq? @_g "os.Getenv")
 (#set! default "whole"))

; "Code generated … DO NOT EDIT.": go help generate.
((comment) @file.generated (#match? @file.generated "^// Code generated .* DO NOT EDIT\\.$"))

; A test in a package of its own sees what the tested package exports, and no more.
((package_clause (package_identifier) @file.external-test) (#match? @file.external-test "_test$"))
