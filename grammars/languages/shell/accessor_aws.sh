# shellcheck shell=sh
# Secrets from AWS Secrets Manager, each read once: what is set already is left alone.
#
# Made by keylift. Needs the AWS command line interface (`aws`); region and credentials come from its own chain. A secret
# that cannot be read is an error: there is no default.

# Sets the variables of those names to the secrets of those names.
keylift_secret() {
	for keylift_name in "$@"; do
		eval "keylift_text=\${$keylift_name:-}"
		if [ -z "$keylift_text" ]; then
			# What follows the text keeps its last line breaks; `aws` adds one of its own.
			keylift_text=$(keylift_read "$keylift_name" && printf x) || keylift_text=
			keylift_text=${keylift_text%?x}
			# A secret without text, which `aws` writes so, is binary.
			if [ -z "$keylift_text" ] || [ "$keylift_text" = None ]; then
				echo "The secret $keylift_name could not be read" >&2
				return 1
			fi
			eval "$keylift_name=\$keylift_text"
		fi
		keylift_text=
	done
}

keylift_read() {
	keylift_id=${KEYLIFT_AWS_PREFIX-@KEYLIFT_PREFIX@}$1
	set --
	# Version 1 of `aws` does not know the variable.
	if [ -n "${AWS_REGION:-}" ]; then
		set -- --region "$AWS_REGION"
	fi
	AWS_PAGER='' PYTHONIOENCODING=UTF-8 PYTHONUTF8=1 aws secretsmanager get-secret-value \
		--query SecretString --output text --secret-id "$keylift_id" "$@" </dev/null
}
