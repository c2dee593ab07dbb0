; What comes before everything else: the first tag, declare, the namespace.
(program . (php_tag) @header (#match? @header "^<[?]([pP][hH][pP])?$"))
(program . (text) @_shebang . (php_tag) @header (#match? @_shebang "^#![^\n]*\n$") (#match? @header "^<[?][pP][hH][pP]$"))
(program . (php_tag) . (comment)* . (declare_statement) @header)
((namespace_definition !body) @header)

((namespace_use_declaration (namespace_use_clause (_) @import.module)) @import.statement)
((namespace_use_declaration (namespace_use_group (namespace_use_clause (_) @import.module))) @import.statement)

(function_definition) @scope
(method_declaration) @scope
(anonymous_function) @scope
(class_declaration) @scope.class

(function_definition name: (name) @definition.outer)
