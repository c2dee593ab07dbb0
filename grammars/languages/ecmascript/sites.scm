; What literals are bound to.
(variable_declarator name: (identifier) @name value: (_) @value)
(variable_declarator name: (array_pattern) @names value: (array) @values)
(variable_declarator name: (identifier) @name value: (arrow_function body: (_) @value))
(assignment_expression left: (identifier) @name right: (_) @value)
(assignment_expression left: (member_expression property: (property_identifier) @name) right: (_) @value)
(assignment_expression left: (member_expression property: (private_property_identifier) @name) right: (_) @value)
((assignment_expression left: (subscript_expression index: (string) @name) right: (_) @value) (#set! how "subscript"))
((assignment_expression left: (subscript_expression index: (identifier) @name) right: (_) @value) (#set! how "subscript"))
(augmented_assignment_expression left: (identifier) @name right: (_) @value)
(augmented_assignment_expression left: (member_expression property: (property_identifier) @name) right: (_) @value)
((augmented_assignment_expression left: (subscript_expression index: (string) @name) right: (_) @value) (#set! how "subscript"))
((pair key: [(property_identifier) (string) (private_property_identifier)] @name value: (_) @value) (#set! how "key"))
((pair key: (computed_property_name [(string) (identifier)] @name) value: (_) @value) (#set! how "key"))
((pair key: (_) @name value: (arrow_function body: (_) @value)) (#set! how "key"))
((assignment_pattern left: (identifier) @name right: (_) @value) (#set! how "parameter"))
((object_assignment_pattern left: (shorthand_property_identifier_pattern) @name right: (_) @value) (#set! how "parameter"))
((pair_pattern key: (property_identifier) @name value: (assignment_pattern right: (_) @value)) (#set! how "key"))
((return_statement (_) @value) @_return (#set! how "return"))

; { name: "password", value: "x" }
((object (pair key: (_) @_key value: (string) @name) . (pair key: (_) @_value value: (_) @value))
 (#any-of? @_key "name" "key" "field" "id" "Name" "Key") (#any-of? @_value "value" "default" "defaultValue" "Value")
 (#set! how "pair"))

; new Map([["password", "x"]])
((new_expression
   constructor: (identifier) @_class
   arguments: (arguments (array (array . (string) @name . (_) @value .))))
 (#any-of? @_class "Map" "Headers" "URLSearchParams") (#set! how "pair"))

; The first argument names the second: app.set("secret", "x"), headers.append("Authorization", "Bearer x").
((call_expression
   function: [(identifier) @_function (member_expression property: (property_identifier) @_function)]
   arguments: (arguments . (string) @name . (_) @value))
 (#any-of? @_function
   "set" "get" "put" "setHeader" "header" "append" "addHeader" "setRequestHeader" "setItem" "config" "setConfig"
   "option" "env" "getEnv" "setEnv" "define" "constant" "value" "setSecret" "putSecret" "setProperty" "getOrDefault"
   "field" "default" "defaultTo" "setDefault" "addParam" "query")
 (#set! how "argument"))

; Comparisons, either side. What stands left is told by its kind, never left open: a chain of operators nests to the
; left, and a pattern that waits for its end in each of them takes time that grows with its square.
(binary_expression left: [(string) (template_string) (number) (parenthesized_expression)] operator: ["==" "===" "!=" "!=="]) @comparison
(binary_expression
  left: [(identifier) (member_expression) (subscript_expression) (call_expression) (await_expression) (this)
         (parenthesized_expression) (unary_expression)]
  operator: ["==" "===" "!=" "!=="]) @comparison
((binary_expression
   left: [(identifier) @name (member_expression property: (property_identifier) @name) (subscript_expression index: (string) @name)
          (call_expression arguments: (arguments . (string) @name))]
   operator: ["==" "===" "!=" "!=="]
   right: (_) @value)
 (#set! how "comparison"))
((binary_expression
   left: [(string) (template_string) (number) (parenthesized_expression)] @value
   operator: ["==" "===" "!=" "!=="]
   right: [(identifier) @name (member_expression property: (property_identifier) @name) (subscript_expression index: (string) @name)
           (call_expression arguments: (arguments . (string) @name))])
 (#set! how "comparison"))
((switch_statement
   value: (parenthesized_expression [(identifier) @name (member_expression property: (property_identifier) @name)])
   body: (switch_body (switch_case value: (_) @value)))
 (#set! how "comparison"))

; Names, not values.
(pair key: [(string) (number)] @key)
(computed_property_name [(string) (template_string) (number)] @key)
(pair_pattern key: [(string) (number)] @key)
(subscript_expression index: [(string) (template_string) (number)] @key)
(method_definition name: [(string) (number)] @key)

(call_expression function: (_) @call.callee arguments: (arguments) @call.arguments)
(new_expression constructor: (_) @call.callee arguments: (arguments) @call.arguments)

; `session({secret: "x"})`, `mysql.createConnection({password: "x"})`.
(call_expression function: [(identifier) @scope.name (member_expression object: (identifier) @scope.name)]
  arguments: (arguments (object) @scope))
(function_declaration name: (identifier) @scope.name) @scope
(generator_function_declaration name: (identifier) @scope.name) @scope
(class_declaration name: (_) @scope.name) @scope
(method_definition name: (property_identifier) @scope.name) @scope
(variable_declarator name: (identifier) @scope.name value: [(arrow_function) (function_expression) (class) (object)]) @scope
(pair key: (property_identifier) @scope.name value: [(arrow_function) (function_expression) (object)]) @scope
(assignment_expression
  left: (member_expression property: (property_identifier) @scope.name)
  right: [(arrow_function) (function_expression)]) @scope

; Formats of their own.
((call_expression
   function: [(identifier) @_f (member_expression property: (property_identifier) @_f)]
   arguments: (arguments . [(string) (template_string)] @format . (_)))
 (#any-of? @_f "format" "sprintf" "printf" "vsprintf") (#set! format "percent"))

; Constants alone.
((expression_statement . [(string) (template_string)] @constant .) (#set! constant "directive"))
((import_statement) @constant (#set! constant "module-path"))
((export_statement source: (_) @constant) (#set! constant "module-path"))
((namespace_export) @constant (#set! constant "module-path"))
((export_specifier) @constant (#set! constant "module-path"))
((call_expression function: [(import) (identifier) (member_expression)] @_f
   arguments: (arguments . [(string) (template_string)] @constant))
 (#any-of? @_f "import" "require" "require.resolve" "import.meta.resolve" "jest.mock" "jest.requireActual" "vi.mock" "proxyquire")
 (#set! constant "module-path"))
((call_expression function: (identifier) @_f arguments: (arguments . [(string) (template_string)] @constant))
 (#any-of? @_f "eval" "setTimeout" "setInterval" "Function") (#set! constant "code-text"))
((new_expression constructor: (identifier) @_f arguments: (arguments [(string) (template_string)] @constant))
 (#eq? @_f "Function") (#set! constant "code-text"))
((call_expression arguments: (template_string) @constant) (#set! constant "tagged-template"))
((regex) @constant (#set! constant "regular-expression"))
((expression_statement (call_expression function: (member_expression object: [(string) (template_string)] @constant)))
 (#set! constant "statement-start"))
((expression_statement
   (call_expression function: (member_expression
     object: (call_expression function: (member_expression object: [(string) (template_string)] @constant)))))
 (#set! constant "statement-start"))
((expression_statement (binary_expression left: [(string) (template_string)] @constant)) (#set! constant "statement-start"))

; Hardcoded defaults of lookups that are there already. Build tools publish variables of some prefixes.
((binary_expression
   left: (member_expression object: (member_expression) @_env property: (property_identifier) @default.variable)
   operator: ["||" "??"]
   right: (_) @default.value)
 (#eq? @_env "process.env") (#set! default "operand"))
((binary_expression
   left: (subscript_expression object: (member_expression) @_env index: (string (string_fragment) @default.variable))
   operator: ["||" "??"]
   right: (_) @default.value)
 (#eq? @_env "process.env") (#set! default "operand"))
((binary_expression
   left: (binary_expression
     left: [(member_expression) (subscript_expression) (identifier)]
     operator: ["||" "??"]
     right: (member_expression object: (member_expression) @_env property: (property_identifier) @default.variable))
   operator: ["||" "??"]
   right: (_) @default.value)
 (#eq? @_env "process.env") (#set! default "operand"))
((ternary_expression
   condition: (member_expression object: (member_expression) @_env property: (property_identifier) @_asked)
   consequence: (member_expression object: (member_expression) property: (property_identifier) @default.variable)
   alternative: (_) @default.value)
 (#eq? @_env "process.env") (#eq? @_asked @default.variable) (#set! default "operand"))
((ternary_expression
   condition: (binary_expression left: (member_expression object: (member_expression) @_env property: (property_identifier) @_asked))
   consequence: (member_expression object: (member_expression) property: (property_identifier) @default.variable)
   alternative: (_) @default.value)
 (#eq? @_env "process.env") (#eq? @_asked @default.variable) (#set! default "operand"))
((augmented_assignment_expression
   left: (member_expression object: (member_expression) @_env property: (property_identifier) @default.variable)
   operator: ["||=" "??="]
   right: (_) @default.value)
 (#eq? @_env "process.env") (#set! default "operand"))
((variable_declarator
   name: (object_pattern (object_assignment_pattern
     left: (shorthand_property_identifier_pattern) @default.variable
     right: (_) @default.value))
   value: (member_expression) @_env)
 (#eq? @_env "process.env") (#set! default "destructured"))
((variable_declarator
   name: (object_pattern (pair_pattern
     key: (property_identifier) @default.variable
     value: (assignment_pattern right: (_) @default.value)))
   value: (member_expression) @_env)
 (#eq? @_env "process.env") (#set! default "destructured"))
((binary_expression
   left: (member_expression property: (property_identifier) @_variable)
   operator: ["||" "??"]
   right: (_) @constant)
 (#match? @_variable "^(REACT_APP|VITE|NEXT_PUBLIC|NUXT_PUBLIC|EXPO_PUBLIC|GATSBY|VUE_APP|PUBLIC|NG_APP)_")
 (#set! constant "public-variable"))

; Where code runs.
((import_statement source: (string (string_fragment) @_m)) @file.browser
 (#match? @_m "^(react|react-dom|react-dom/client|react-native|react-router-dom|preact|preact/hooks|vue|vue-router|vuex|pinia|svelte|solid-js|lit|jquery|firebase/[a-z-]+|@angular/.+|@ionic/.+|@vue/.+|@mui/.+)$"))
((call_expression function: (identifier) @_f arguments: (arguments . (string (string_fragment) @_m))) @file.browser
 (#eq? @_f "require")
 (#match? @_m "^(react|react-dom|react-dom/client|react-native|react-router-dom|preact|vue|vue-router|vuex|jquery|angular)$"))
((member_expression object: (meta_property) property: (property_identifier) @_p) @file.browser (#eq? @_p "env"))
((expression_statement . (string (string_fragment) @_d) .) @file.browser (#eq? @_d "use client"))
((import_statement source: (string (string_fragment) @_m)) @file.server-render
 (#match? @_m "^(react-dom/server|next/server|next/headers|@angular/ssr.*|@react-email/.+|ink|server-only|@remix-run/node)$"))
((call_expression function: (identifier) @_f arguments: (arguments . (string (string_fragment) @_m))) @file.server-render
 (#eq? @_f "require") (#match? @_m "^(react-dom/server|next/server|vue-server-renderer|ink)$"))
((expression_statement . (string (string_fragment) @_d) .) @file.server-render (#eq? @_d "use server"))

((member_expression object: (identifier) @file.browser-page) (#any-of? @file.browser-page "window" "chrome" "jQuery" "ReactDOM"))
((new_expression constructor: (identifier) @file.browser-page) (#any-of? @file.browser-page "XMLHttpRequest" "Vue"))
((call_expression function: (identifier) @file.browser-page) (#eq? @file.browser-page "importScripts"))
((call_expression function: (member_expression object: (identifier) @_o property: (property_identifier) @_p)) @file.browser-page
 (#eq? @_o "$") (#any-of? @_p "ajax" "get" "post" "getJSON" "ajaxSetup" "fn"))
((member_expression object: (identifier) @_o property: (property_identifier) @_p) @file.browser-page
 (#any-of? @_o "document" "localStorage" "sessionStorage")
 (#any-of? @_p
   "location" "document" "localStorage" "sessionStorage" "addEventListener" "getElementById" "querySelector"
   "querySelectorAll" "getElementsByClassName" "getElementsByTagName" "createElement" "cookie" "getItem" "setItem"
   "innerWidth" "history" "navigator" "body" "head" "write" "forms" "alert"))
((call_expression function: (identifier) @_f arguments: (arguments . (identifier) @_d)) @file.browser-page
 (#any-of? @_f "$" "jQuery") (#any-of? @_d "document" "window"))
((call_expression function: (member_expression object: (identifier) @_o property: (property_identifier) @_p)) @file.browser-page
 (#eq? @_o "angular") (#eq? @_p "module"))

((import_statement source: (string (string_fragment) @_m)) @file.server
 (#match? @_m "^(node:.+|fs|fs/promises|http|https|http2|net|tls|child_process|cluster|os|path|crypto|worker_threads|express|koa|fastify|@hapi/.+|@nestjs/.+|next|mongoose|mongodb|pg|mysql|mysql2.*|sequelize.*|typeorm|@prisma/client|redis|ioredis|knex|puppeteer.*|playwright.*|@playwright/.+|jsdom|cheerio|selenium-webdriver|electron|socket\\.io|nodemailer|jsonwebtoken|bcrypt|dotenv.*)$"))
((call_expression function: (identifier) @_f arguments: (arguments . (string (string_fragment) @_m))) @file.server
 (#eq? @_f "require")
 (#match? @_m "^(node:.+|fs|fs/promises|http|https|http2|net|tls|child_process|cluster|os|path|crypto|worker_threads|express|koa|fastify|@hapi/.+|next|mongoose|mongodb|pg|mysql|mysql2.*|sequelize.*|typeorm|@prisma/client|redis|ioredis|knex|puppeteer.*|playwright.*|jsdom|cheerio|selenium-webdriver|electron|socket\\.io|nodemailer|jsonwebtoken|bcrypt|dotenv.*)$"))

((member_expression object: (identifier) @_o property: (property_identifier) @_p) @file.deno
 (#eq? @_o "Deno") (#any-of? @_p "env" "serve" "readTextFile" "args" "test" "cron" "openKv" "Command" "listen"))
((import_statement source: (string (string_fragment) @_m)) @file.deno (#match? @_m "^(https://deno\\.land/|jsr:)"))
((import_statement source: (string (string_fragment) @_m)) @file.k6 (#match? @_m "^k6(/|$)"))
((subscript_expression object: (member_expression) @_env index: (string)) @file.bracketed (#eq? @_env "process.env"))
((member_expression object: (member_expression) @_env property: (property_identifier)) @file.dotted (#eq? @_env "process.env"))

[(import_statement) (export_statement)] @file.module
((import_statement source: (string (string_fragment) @_m)) @file.js-suffix (#match? @_m "^\\.\\.?/.*\\.js$"))

; What a compiler or a generator wrote.
((comment) @file.generated (#match? @file.generated "^//[#@] sourceMappingURL=|(^|[^[:alnum:]])@generated([^[:alnum:]]|$)|Code generated .* DO NOT EDIT"))
