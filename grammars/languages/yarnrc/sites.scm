; What all of YAML has is in yaml-base.
