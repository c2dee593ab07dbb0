((import_statement name: (dotted_name) @import.module) @import.statement)
((import_statement name: (aliased_import name: (dotted_name) @import.module alias: (identifier) @import.alias)) @import.statement)
((import_from_statement module_name: (dotted_name) @import.module name: (dotted_name) @import.member) @import.statement)
((import_from_statement module_name: (dotted_name) @import.module
  name: (aliased_import name: (dotted_name) @import.member alias: (identifier) @import.alias)) @import.statement)

; Only a type checker runs these.
((if_statement condition: [(identifier) (attribute)] @_c consequence: (block) @import.off) (#match? @_c "(^|\\.)TYPE_CHECKING$"))

(module . (comment)* . (expression_statement . [(string) (concatenated_string)] .) @header)
(future_import_statement) @header

(function_definition) @scope
(lambda) @scope
(list_comprehension) @scope
(set_comprehension) @scope
(dictionary_comprehension) @scope
(generator_expression) @scope
(class_definition) @scope.class

(function_definition name: (identifier) @definition.outer)
(class_definition name: (identifier) @definition.outer)
(parameters (identifier) @definition)
(parameters (_ . (identifier) @definition))
(lambda_parameters (identifier) @definition)
(lambda_parameters (_ . (identifier) @definition))
(assignment left: (identifier) @definition)
(assignment left: (pattern_list (identifier) @definition))
(assignment left: (tuple_pattern (identifier) @definition))
(augmented_assignment left: (identifier) @definition)
(named_expression name: (identifier) @definition)
(for_statement left: (identifier) @definition)
(for_statement left: (pattern_list (identifier) @definition))
(for_in_clause left: (identifier) @definition)
(for_in_clause left: (pattern_list (identifier) @definition))
(as_pattern_target (identifier) @definition)
(delete_statement (identifier) @definition)
