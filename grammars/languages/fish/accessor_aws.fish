# Secrets from AWS Secrets Manager, each read once: what is set already is left alone.
#
# Made by keylift. Needs the AWS command line interface (`aws`); region and credentials come from its own chain. A secret
# that cannot be read is an error: there is no default.

function keylift_secret --description 'Sets the variables of those names to the secrets of those names'
    # Nothing is split into lines.
    set -l IFS
    for name in $argv
        test -n "$$name"; and continue
        # As one text, with its last line breaks, of which `aws` adds one. A secret without text is binary: it writes None.
        keylift_read $name | read --null --local text
        if test $pipestatus[1] -eq 0; and not contains -- "$text" \n None\n
            set -g $name (string replace --regex '\n\z' '' -- $text)
        else
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
