(formal_parameters (identifier) @definition)
