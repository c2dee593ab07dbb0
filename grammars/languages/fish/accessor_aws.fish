# Secrets from AWS Secrets Manager, each read once: what is set already is left alone.
#
# Made by keylift. Needs the AWS command line interface (`aws`); region and credentials come from its own chain. A secret
# that cannot be read is an error: there is no default.

function keylift_secret --description 'Sets the variables of those names to the secrets of those names'
    # Nothing is split into lines.
    set -l IFS
    for name in $argv
        test -n "$$name"; and continue
        # What follows the text keeps its last line breaks; `aws` adds one of its own.
        set -l text (keylift_read $name; and printf x)
        set -g $name (string replace --regex '\nx$' '' -- $text)
        # A secret without text, which `aws` writes so, is binary.
        if test -z "$$name"; or test "$$name" = None
            set -e $name
            echo "The secret $name could not be read" >&2
            return 1
        end
    end
end

function keylift_read
    set -l prefix '@KEYLIFT_PREFIX@'
    set -q KEYLIFT_AWS_PREFIX; and set prefix "$KEYLIFT_AWS_PREFIX"
    # Version 1 of `aws` does not know the variable.
    set -l region
    test -n "$AWS_REGION"; and set region --region $AWS_REGION
    AWS_PAGER='' PYTHONIOENCODING=UTF-8 PYTHONUTF8=1 aws secretsmanager get-secret-value \
        --query SecretString --output text --secret-id $prefix$argv[1] $region </dev/null
end
