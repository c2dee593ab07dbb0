; What literals are bound to.
(const_item name: (identifier) @name value: (_) @value)
(static_item name: (identifier) @name value: (_) @value)
(let_declaration pattern: (identifier) @name value: (_) @value)
(assignment_expression left: (identifier) @name right: (_) @value)
(assignment_expression left: (field_expression field: (field_identifier) @name) right: (_) @value)
((assignment_expression left: (index_expression (_) . (string_literal) @name) right: (_) @value) (#set! how "subscript"))
((field_initializer field: (field_identifier) @name value: (_) @value) (#set! how "keyword"))
((return_expression (_) @value) @_return (#set! how "return"))
((tuple_expression . (string_literal) @name . (_) @value .) (#set! how "pair"))

; set_password("x"), builder.password("x").
((call_expression
   function: [(identifier) @name (field_expression field: (field_identifier) @name) (scoped_identifier name: (identifier) @name)]
   arguments: (arguments . (_) @value .))
 (#not-any-of? @name "new" "from" "into" "to_string" "to_owned" "Some" "Ok" "Err" "push" "expect" "unwrap_or" "clone")
 (#set! how "setter"))
; The first argument names the second: insert("password", "x"), set_var, header.
((call_expression
   function: (_) @_function
   arguments: (arguments . (string_literal) @name . (_) @value))
 (#match? @_function "(^|[.:])(insert|set|set_var|env|header|append|arg|param|query|field|with|put|add|set_default|set_override)[a-z_]*$")
 (#set! how "argument"))
; json!({"password": "x"}).
((token_tree (string_literal) @name . ":" . (string_literal) @value) (#set! how "key"))
((token_tree (string_literal) @name . "=>" . (string_literal) @value) (#set! how "key"))

; Comparisons, either side.
((binary_expression operator: ["==" "!="]) @comparison)
((binary_expression left: (identifier) @name operator: ["==" "!="] right: (_) @value) (#set! how "comparison"))
((binary_expression left: (_) @value operator: ["==" "!="] right: (identifier) @name) (#set! how "comparison"))
((binary_expression left: (field_expression field: (_) @name) operator: ["==" "!="] right: (_) @value) (#set! how "comparison"))
((binary_expression left: (_) @value operator: ["==" "!="] right: (field_expression field: (_) @name)) (#set! how "comparison"))

; Names, not values.
(token_tree (string_literal) @key . ":")
(token_tree (string_literal) @key . "=>")
(index_expression (_) . (string_literal) @key)
((call_expression function: (_) @_f arguments: (arguments . (string_literal) @key)) (#match? @_f "(^|::)(var|var_os)$"))
((macro_invocation macro: (_) @_m (token_tree . (string_literal) @key)) (#any-of? @_m "env" "option_env" "include_str" "include_bytes" "include"))
(extern_modifier (string_literal) @key)

(call_expression function: (_) @call.callee arguments: (arguments) @call.arguments)

(struct_item name: (_) @scope.name) @scope
(impl_item type: (_) @scope.name) @scope
(mod_item name: (_) @scope.name) @scope
(function_item name: (_) @scope.name) @scope

; Expressions that make a String of a literal.
((call_expression
   function: (field_expression value: [(string_literal) (raw_string_literal)] @outer.value field: (_) @_f)
   arguments: (arguments)) @outer
 (#any-of? @_f "to_string" "to_owned"))
((call_expression
   function: (scoped_identifier) @_f
   arguments: (arguments . [(string_literal) (raw_string_literal)] @outer.value .)) @outer
 (#any-of? @_f "String::from" "std::string::String::from"))

; Items of type &str become a LazyLock, if only this file can see them.
((const_item type: (reference_type) @_type value: [(string_literal) (raw_string_literal)] @mark)
 (#match? @_type "^&\\s*('static\\s+)?str$") (#set! mark "item"))
((static_item type: (reference_type) @_type value: [(string_literal) (raw_string_literal)] @mark)
 (#match? @_type "^&\\s*('static\\s+)?str$") (#set! mark "item"))
((source_file (const_item "const" @change.remove name: (identifier) @change.name @change.before type: (reference_type) @change.replace value: (_) @change.value))
 (#set! change "item"))
((source_file (static_item "static" @change.remove name: (identifier) @change.name @change.before type: (reference_type) @change.replace value: (_) @change.value))
 (#set! change "item"))
((mod_item body: (declaration_list (const_item "const" @change.remove name: (identifier) @change.name @change.before type: (reference_type) @change.replace value: (_) @change.value)))
 (#set! change "item"))
((mod_item body: (declaration_list (static_item "static" @change.remove name: (identifier) @change.name @change.before type: (reference_type) @change.replace value: (_) @change.value)))
 (#set! change "item"))
((block (const_item "const" @change.remove name: (identifier) @change.name @change.before type: (reference_type) @change.replace value: (_) @change.value))
 (#set! change "item"))
((block (static_item "static" @change.remove name: (identifier) @change.name @change.before type: (reference_type) @change.replace value: (_) @change.value))
 (#set! change "item"))
(use_declaration) @use.skip

; Constants alone.
((const_item (visibility_modifier) value: [(string_literal) (raw_string_literal)] @constant) (#set! constant "public-item"))
((static_item (visibility_modifier) value: [(string_literal) (raw_string_literal)] @constant) (#set! constant "public-item"))
((const_item type: (_) @_type value: (_) @constant) (#not-match? @_type "^&\\s*('static\\s+)?str$") (#set! constant "const-item"))
((static_item type: (_) @_type value: (_) @constant) (#not-match? @_type "^&\\s*('static\\s+)?str$") (#set! constant "const-item"))
((const_item value: [(call_expression) (macro_invocation) (if_expression) (match_expression) (block) (index_expression)] @constant) (#set! constant "const-item"))
((impl_item body: (declaration_list (const_item value: (_) @constant))) (#set! constant "const-item"))
((trait_item body: (declaration_list (const_item value: (_) @constant))) (#set! constant "const-item"))
((static_item (mutable_specifier) value: (_) @constant) (#set! constant "const-item"))
((function_item (function_modifiers) @_m body: (_) @constant) (#match? @_m "\\bconst\\b") (#set! constant "const-item"))
((match_arm pattern: (match_pattern) @constant) (#set! constant "pattern"))
((let_condition pattern: (_) @constant) (#set! constant "pattern"))
((attribute_item) @constant (#set! constant "attribute"))
((inner_attribute_item) @constant (#set! constant "attribute"))
((macro_definition) @constant (#set! constant "macro-definition"))
((macro_invocation macro: (_) @_m) @constant
 (#not-match? @_m "(^|::)(println|print|eprintln|eprint|format|format_args|write|writeln|panic|vec|assert|assert_eq|assert_ne|debug_assert|debug_assert_eq|json|dbg|hashmap|lazy_static|trace|debug|info|warn|error|log|bail|anyhow|ensure|todo|unimplemented|unreachable)$")
 (#set! constant "macro-argument"))
((macro_invocation macro: (_) @_m (token_tree . [(string_literal) (raw_string_literal)] @constant))
 (#match? @_m "(^|::)(println|print|eprintln|eprint|format|format_args|panic|trace|debug|info|warn|error|log|bail|anyhow|todo|unimplemented|unreachable)$")
 (#set! constant "format-string"))
((macro_invocation macro: (_) @_m (token_tree [(string_literal) (raw_string_literal)] @constant))
 (#match? @_m "(^|::)(write|writeln|assert|debug_assert|ensure|log)$")
 (#set! constant "format-string"))

(const_item value: (_) @use.constant)
(static_item value: (_) @use.constant)
(match_arm pattern: (match_pattern) @use.constant)
(let_condition pattern: (_) @use.constant)
(array_type length: (_) @use.constant)
(array_expression length: (_) @use.constant)
(attribute_item) @use.constant
((function_item (function_modifiers) @_m body: (_) @use.constant) (#match? @_m "\\bconst\\b"))
((macro_invocation macro: (_) @_m) @use.constant
 (#not-match? @_m "(^|::)(println|print|eprintln|eprint|format|format_args|write|writeln|panic|vec|assert|assert_eq|assert_ne|debug_assert|debug_assert_eq|json|dbg|hashmap|trace|debug|info|warn|error|bail|anyhow|ensure)$"))

; Lookups with a hardcoded default.
((call_expression
   function: (field_expression
     value: (call_expression function: (_) @_var arguments: (arguments . (string_literal) @default.variable .))
     field: (_) @_f)
   arguments: (arguments . (call_expression function: (field_expression value: (string_literal) @default.value field: (_) @_to)) .)) @default.whole
 (#match? @_var "(^|::)env::var$") (#any-of? @_to "to_string" "to_owned" "into") (#eq? @_f "unwrap_or") (#set! default "whole"))
((call_expression
   function: (field_expression
     value: (call_expression function: (_) @_var arguments: (arguments . (string_literal) @default.variable .))
     field: (_) @_f)
   arguments: (arguments . (call_expression function: (_) @_from arguments: (arguments . (string_literal) @default.value .)) .)) @default.whole
 (#match? @_var "(^|::)env::var$") (#match? @_from "(^|::)from$") (#eq? @_f "unwrap_or") (#set! default "whole"))
((call_expression
   function: (field_expression
     value: (call_expression function: (_) @_var arguments: (arguments . (string_literal) @default.variable .))
     field: (_) @_f)
   arguments: (arguments . (closure_expression body: (call_expression function: (field_expression value: (string_literal) @default.value field: (_) @_to))) .)) @default.whole
 (#match? @_var "(^|::)env::var$") (#any-of? @_to "to_string" "to_owned" "into") (#eq? @_f "unwrap_or_else") (#set! default "whole"))
((call_expression
   function: (field_expression
     value: (call_expression function: (_) @_var arguments: (arguments . (string_literal) @default.variable .))
     field: (_) @_f)
   arguments: (arguments . (closure_expression body: (call_expression function: (_) @_from arguments: (arguments . (string_literal) @default.value .))) .)) @default.whole
 (#match? @_var "(^|::)env::var$") (#match? @_from "(^|::)from$") (#eq? @_f "unwrap_or_else") (#set! default "whole"))

((inner_attribute_item (attribute (identifier) @file.no-std)) (#eq? @file.no-std "no_std"))
((line_comment) @file.generated (#match? @file.generated "^// (@generated|This file is (automatically )?generated|Code generated|Automatically generated)"))
