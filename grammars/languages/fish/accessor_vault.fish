# Secrets from HashiCorp Vault or OpenBao, each read once: what is set already is left alone.
#
# Made by keylift. Needs `vault`, `bao`, or curl with jq. Address, token and namespace come from VAULT_ADDR, VAULT_TOKEN (or
# ~/.vault-token) and VAULT_NAMESPACE, a private authority's certificate from VAULT_CACERT. A secret that cannot be read
# is an error: there is no default.

function keylift_secret --description 'Sets the variables of those names to the secrets of those names'
    # Nothing is split into lines.
    set -l IFS
    for name in $argv
        test -n "$$name"; and continue
        # As one text, with its last line breaks.
        keylift_read $name | read --null --local text
        if test $pipestatus[1] -eq 0; and test -n "$text"
            set -g $name $text
        else
            echo "The secret $name could not be read" >&2
            return 1
        end
    end
end

function keylift_setting --description 'A variable, or its usual value'
    if set -q $argv[1]
        printf '%s' "$$argv[1]"
    else
        printf '%s' $argv[2]
    end
end

function keylift_read
    set -l mount (keylift_setting KEYLIFT_VAULT_MOUNT '@KEYLIFT_MOUNT@')
    set -l prefix (keylift_setting KEYLIFT_VAULT_PREFIX '@KEYLIFT_PREFIX@')
    set -l path (string replace --regex '/*$' / -- $prefix | string replace --regex '^/*' '')$argv[1]
    if test -z "$VAULT_ADDR"
        echo 'VAULT_ADDR is not set' >&2
        return 1
    end
    for program in vault bao
        if command --query $program
            # OpenBao's program prefers variables of its own.
            env -u BAO_ADDR -u BAO_TOKEN -u BAO_NAMESPACE -u BAO_CACERT \
                $program kv get -mount=$mount '-field=@KEYLIFT_FIELD@' $path </dev/null
            return
        end
    end
    set -l token "$VAULT_TOKEN"
    if test -z "$token"
        set token (cat ~/.vault-token | string collect); or return
    end
    set -l data /data
    set -l field .data.data
    if test (keylift_setting KEYLIFT_VAULT_KV '@KEYLIFT_KV@') = 1
        set data ''
        set field .data
    end
    # The token goes through a pipe: arguments are there for everybody to see.
    set -l answer (
        begin
            printf 'header = "X-Vault-Token: %s"\nheader = "X-Vault-Request: true"\n' $token
            test -n "$VAULT_NAMESPACE"; and printf 'header = "X-Vault-Namespace: %s"\n' $VAULT_NAMESPACE
            test -n "$VAULT_CACERT"; and printf 'cacert = "%s"\n' $VAULT_CACERT
        end | curl --silent --show-error --fail --max-time 30 --config - (string trim --right --chars / -- $VAULT_ADDR)"/v1/$mount$data/$path" | string collect
    )
    test -n "$answer"; or return
    printf '%s' $answer | jq --exit-status --join-output $field'["@KEYLIFT_FIELD@"] | strings'
end
