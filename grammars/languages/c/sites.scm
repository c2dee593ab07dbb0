; In C, what is static starts from constants.
((translation_unit (declaration declarator: (init_declarator value: (_) @constant))) (#set! constant "file-scope"))
((declaration (storage_class_specifier) @_s declarator: (init_declarator value: (_) @constant))
 (#eq? @_s "static") (#set! constant "file-scope"))
