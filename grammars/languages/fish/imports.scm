(function_definition) @scope

; What the script sets itself.
((command name: (word) @_c . argument: (word) @definition)
 (#any-of? @_c "set" "read") (#match? @definition "^[A-Za-z_]"))
((command name: (word) @_c argument: (word) @_o . argument: (word) @definition)
 (#any-of? @_c "set" "read") (#match? @_o "^-") (#not-match? @_o "q|^--query|^--show") (#match? @definition "^[A-Za-z_]"))
(for_statement variable: (variable_name) @definition)
((function_definition option: (word) @_o . option: (word) @definition) (#any-of? @_o "-a" "--argument-names"))

; What it reads.
(variable_expansion (variable_name) @use)
