(required_parameter pattern: (identifier) @definition)
(optional_parameter pattern: (identifier) @definition)
(abstract_class_declaration name: (_) @definition.outer)
(internal_module name: (identifier) @definition)
(import_require_clause (identifier) @definition)
; `declare const process: …` tells the compiler of the one that is there.
((ambient_declaration (_ (variable_declarator name: (identifier) @import.module))) @import.statement
 (#eq? @import.module "process"))
