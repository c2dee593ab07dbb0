; What literals are bound to.
(assignment_expression left: (variable_name (name) @name) right: (_) @value)
(assignment_expression left: (member_access_expression name: (name) @name) right: (_) @value)
(assignment_expression left: (scoped_property_access_expression name: (variable_name (name) @name)) right: (_) @value)
((assignment_expression left: (subscript_expression (_) [(string) (encapsed_string)] @name) right: (_) @value) (#set! how "subscript"))
((assignment_expression left: (subscript_expression (_) (variable_name (name) @name)) right: (_) @value) (#set! how "subscript"))
(augmented_assignment_expression left: (variable_name (name) @name) right: (_) @value)
(augmented_assignment_expression left: (member_access_expression name: (name) @name) right: (_) @value)
((augmented_assignment_expression left: (subscript_expression (_) [(string) (encapsed_string)] @name) right: (_) @value) (#set! how "subscript"))
(assignment_expression left: (list_literal) @names right: (array_creation_expression) @values)
(const_element (name) @name (_) @value)
(property_element name: (variable_name (name) @name) default_value: (_) @value)
(static_variable_declaration name: (variable_name (name) @name) value: (_) @value)
(enum_case name: (name) @name value: (_) @value)
((simple_parameter name: (variable_name (name) @name) default_value: (_) @value) (#set! how "parameter"))
((property_promotion_parameter name: (variable_name (name) @name) default_value: (_) @value) (#set! how "parameter"))
((argument name: (name) @name (_) @value) (#set! how "keyword"))
((array_element_initializer . [(string) (encapsed_string)] @name . (_) @value .) (#set! how "key"))
((array_element_initializer . (class_constant_access_expression (_) (name) @name) . (_) @value .) (#set! how "key"))
((array_element_initializer . (name) @name . (_) @value .) (#set! how "key"))
((return_statement (_) @value) @_return (#set! how "return"))

; The first argument names the second: define('PASSWORD', 'x'), $config->set('password', 'x'), ini_set, Config::set.
((function_call_expression
   function: (_) @_function
   arguments: (arguments . (argument . [(string) (encapsed_string)] @name .) . (argument (_) @value)))
 (#match? @_function "(?i)(^|\\\\)(define|ini_set|env|config|variable_set|variable_get|setcookie|update_option|add_option|array_get|array_set|data_set)$")
 (#set! how "argument"))
((member_call_expression
   name: (name) @_function
   arguments: (arguments . (argument . [(string) (encapsed_string)] @name .) . (argument (_) @value)))
 (#match? @_function "(?i)(set|get|put|add|with|header|parameter|option|config|attribute|item|default|write|define)")
 (#set! how "argument"))
((scoped_call_expression
   name: (name) @_function
   arguments: (arguments . (argument . [(string) (encapsed_string)] @name .) . (argument (_) @value)))
 (#match? @_function "(?i)(set|get|put|add|with|config|write|define|default)")
 (#set! how "argument"))
((function_call_expression
   function: (name) @_function
   arguments: (arguments . (argument) . (argument (_) @name) . (argument (_) @value)))
 (#match? @_function "^(curl_setopt|stream_context_set_option|xml_parser_set_option)$")
 (#set! how "argument"))
; setPassword('x'), withToken('x'): the method's name.
((member_call_expression name: (name) @name arguments: (arguments . (argument (_) @value) .))
 (#match? @name "^(set|with|use|authenticate)[A-Z_]")
 (#set! how "setter"))

; Comparisons, either side.
((binary_expression operator: ["==" "===" "!=" "!==" "<>"]) @comparison)
((binary_expression left: (variable_name (name) @name) operator: ["==" "===" "!=" "!==" "<>"] right: (_) @value) (#set! how "comparison"))
((binary_expression left: (_) @value operator: ["==" "===" "!=" "!==" "<>"] right: (variable_name (name) @name)) (#set! how "comparison"))
((binary_expression left: (member_access_expression name: (name) @name) operator: ["==" "===" "!=" "!==" "<>"] right: (_) @value) (#set! how "comparison"))
((binary_expression left: (_) @value operator: ["==" "===" "!=" "!==" "<>"] right: (member_access_expression name: (name) @name)) (#set! how "comparison"))
((binary_expression left: (subscript_expression (_) [(string) (encapsed_string)] @name) operator: ["==" "===" "!=" "!==" "<>"] right: (_) @value) (#set! how "comparison"))
((binary_expression left: (_) @value operator: ["==" "===" "!=" "!==" "<>"] right: (subscript_expression (_) [(string) (encapsed_string)] @name)) (#set! how "comparison"))
((switch_statement condition: (parenthesized_expression (variable_name (name) @name)) body: (switch_block (case_statement value: (_) @value)))
 (#set! how "comparison"))
((switch_statement condition: (parenthesized_expression (subscript_expression (_) [(string) (encapsed_string)] @name)) body: (switch_block (case_statement value: (_) @value)))
 (#set! how "comparison"))
((match_expression condition: (parenthesized_expression (variable_name (name) @name))
   body: (match_block (match_conditional_expression conditional_expressions: (match_condition_list (_) @value))))
 (#set! how "comparison"))
((function_call_expression function: (name) @_function
   arguments: (arguments (argument (variable_name (name) @name)) (argument [(string) (encapsed_string)] @value)))
 (#any-of? @_function "hash_equals" "strcmp" "strcasecmp" "strncmp" "password_verify") (#set! how "comparison"))
((function_call_expression function: (name) @_function
   arguments: (arguments (argument [(string) (encapsed_string)] @value) (argument (variable_name (name) @name))))
 (#any-of? @_function "hash_equals" "strcmp" "strcasecmp" "strncmp" "password_verify") (#set! how "comparison"))

; Names, not values.
(array_element_initializer . [(string) (encapsed_string) (integer)] @key . (_) .)
(subscript_expression (_) [(string) (encapsed_string)] @key)

(function_call_expression function: (_) @call.callee arguments: (arguments) @call.arguments)
(member_call_expression object: (_) @call.callee name: (_) @call.callee arguments: (arguments) @call.arguments)
(nullsafe_member_call_expression object: (_) @call.callee name: (_) @call.callee arguments: (arguments) @call.arguments)
(scoped_call_expression scope: (_) @call.callee name: (_) @call.callee arguments: (arguments) @call.arguments)
(object_creation_expression (name) @call.callee (arguments) @call.arguments)
(object_creation_expression (qualified_name) @call.callee (arguments) @call.arguments)

(class_declaration name: (name) @scope.name) @scope
(trait_declaration name: (name) @scope.name) @scope
(interface_declaration name: (name) @scope.name) @scope
(enum_declaration name: (name) @scope.name) @scope
(function_definition name: (name) @scope.name) @scope
(method_declaration name: (name) @scope.name) @scope

; Constant expressions alone.
((attribute) @constant (#set! constant "attribute"))
((declaration_list (const_declaration) @constant) (#set! constant "class-constant"))
((enum_declaration_list (const_declaration) @constant) (#set! constant "class-constant"))
((enum_case) @constant (#set! constant "enum-case"))
((const_declaration (const_element) "," (const_element)) @constant (#set! constant "constant-list"))
((property_declaration (property_element)) @constant (#set! constant "property-default"))
((property_declaration (static_modifier) (property_element) @constant) (#set! constant "static-property"))
((simple_parameter default_value: (_)) @constant (#set! constant "parameter-default"))
((property_promotion_parameter default_value: (_)) @constant (#set! constant "parameter-default"))
((function_static_declaration) @constant (#set! constant "static-variable"))
([(include_expression) (include_once_expression) (require_expression) (require_once_expression)] @constant (#set! constant "include"))

; const X = 'x' becomes define('X', lookup).
((program
   (namespace_definition)
   (const_declaration . "const" @change.edit.const . (const_element (name) @change.edit.name "=" @change.edit.equals (_) @change.value) . ";" @change.edit.end))
 (#set! change "define-in-namespace"))
((const_declaration . "const" @change.edit.const . (const_element (name) @change.edit.name "=" @change.edit.equals (_) @change.value) . ";" @change.edit.end)
 (#set! change "define"))

; private $x = 'x'; is assigned in the constructor.
((class_declaration (final_modifier)
   body: (declaration_list
     (property_declaration . (visibility_modifier) . (property_element
       name: (variable_name "$" @change.edit.this (name) @change.name) default_value: (_) @change.value) @change.cut)
     (method_declaration name: (name) @_m body: (compound_statement . "{" @change.paste))))
 (#match? @_m "(?i)^__construct$") (#set! change "property-of-final-class"))
((class_declaration (final_modifier)
   body: (declaration_list
     (property_declaration . (visibility_modifier) . type: (_) . (property_element
       name: (variable_name "$" @change.edit.this (name) @change.name) default_value: (_) @change.value) @change.cut)
     (method_declaration name: (name) @_m body: (compound_statement . "{" @change.paste))))
 (#match? @_m "(?i)^__construct$") (#set! change "property-of-final-class"))
((class_declaration
   body: (declaration_list
     (property_declaration . (visibility_modifier) . (property_element
       name: (variable_name "$" @change.edit.this (name) @change.name) default_value: (_) @change.value) @change.cut)
     (method_declaration name: (name) @_m body: (compound_statement . "{" @change.paste))))
 (#match? @_m "(?i)^__construct$") (#set! change "property"))
((class_declaration
   body: (declaration_list
     (property_declaration . (visibility_modifier) . type: (_) . (property_element
       name: (variable_name "$" @change.edit.this (name) @change.name) default_value: (_) @change.value) @change.cut)
     (method_declaration name: (name) @_m body: (compound_statement . "{" @change.paste))))
 (#match? @_m "(?i)^__construct$") (#set! change "property"))

; Hardcoded defaults of lookups that are there already: getenv('X') ?: 'x', $_ENV['X'] ?? 'x', env('X', 'x').
((conditional_expression
   condition: (function_call_expression function: (name) @_f arguments: (arguments . (argument (_) @default.variable) .))
   . "?" . ":" .
   alternative: (_) @default.value) @default.whole
 (#any-of? @_f "getenv" "env") (#set! default "lookup"))
((conditional_expression
   condition: (binary_expression
     left: (function_call_expression function: (name) @_f arguments: (arguments . (argument (_) @default.variable) .))
     operator: ["===" "=="] right: (boolean) @_b)
   body: (_) @default.value
   alternative: (function_call_expression function: (name) @_f2 arguments: (arguments . (argument (_) @_v) .))) @default.whole
 (#eq? @_f "getenv") (#eq? @_f2 "getenv") (#eq? @default.variable @_v) (#match? @_b "(?i)^false$") (#set! default "lookup"))
((conditional_expression
   condition: (binary_expression
     left: (function_call_expression function: (name) @_f arguments: (arguments . (argument (_) @default.variable) .))
     operator: ["!==" "!="] right: (boolean) @_b)
   body: (function_call_expression function: (name) @_f2 arguments: (arguments . (argument (_) @_v) .))
   alternative: (_) @default.value) @default.whole
 (#eq? @_f "getenv") (#eq? @_f2 "getenv") (#eq? @default.variable @_v) (#match? @_b "(?i)^false$") (#set! default "lookup"))
((conditional_expression
   condition: (function_call_expression function: (name) @_f arguments: (arguments . (argument (_) @default.variable) .))
   body: (function_call_expression function: (name) @_f2 arguments: (arguments . (argument (_) @_v) .))
   alternative: (_) @default.value) @default.whole
 (#eq? @_f "getenv") (#eq? @_f2 "getenv") (#eq? @default.variable @_v) (#set! default "lookup"))
((binary_expression
   left: (subscript_expression . (variable_name) @_e [(string) (encapsed_string)] @default.variable)
   operator: "??" right: (_) @default.value) @default.whole
 (#any-of? @_e "$_ENV" "$_SERVER") (#not-match? @default.variable "^.HTTP_") (#set! default "lookup"))
((conditional_expression
   condition: (function_call_expression function: (name) @_f arguments: (arguments . (argument (subscript_expression . (variable_name) @_e [(string) (encapsed_string)] @default.variable)) .))
   body: (subscript_expression . (variable_name) @_e2 [(string) (encapsed_string)] @_v)
   alternative: (_) @default.value) @default.whole
 (#eq? @_f "isset") (#any-of? @_e "$_ENV" "$_SERVER") (#eq? @_e @_e2) (#eq? @default.variable @_v)
 (#not-match? @default.variable "^.HTTP_") (#set! default "lookup"))
((conditional_expression
   condition: (unary_op_expression (function_call_expression function: (name) @_f arguments: (arguments . (argument (subscript_expression . (variable_name) @_e [(string) (encapsed_string)] @default.variable)) .)))
   body: (subscript_expression . (variable_name) @_e2 [(string) (encapsed_string)] @_v)
   alternative: (_) @default.value) @default.whole
 (#eq? @_f "empty") (#any-of? @_e "$_ENV" "$_SERVER") (#eq? @_e @_e2) (#eq? @default.variable @_v)
 (#not-match? @default.variable "^.HTTP_") (#set! default "lookup"))
((function_call_expression
   function: (name) @_f
   arguments: (arguments . (argument (_) @default.variable) . (argument (_) @default.value) .)) @default.whole
 (#eq? @_f "env") (#set! default "lookup"))

; Flags of the file.
((function_call_expression function: (name) @_f arguments: (arguments . (argument [(string) (encapsed_string)]))) @file.env-calls (#eq? @_f "env"))
((namespace_definition body: (_)) @file.namespaces)
((program (namespace_definition) (namespace_definition)) @file.namespaces)
; What PHP 8 brought in.
(match_expression) @file.php8
(attribute_list) @file.php8
(enum_declaration) @file.php8
(property_promotion_parameter) @file.php8
(nullsafe_member_access_expression) @file.php8
(nullsafe_member_call_expression) @file.php8
(union_type) @file.php8
