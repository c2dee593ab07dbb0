# shellcheck shell=sh
# Secrets from HashiCorp Vault or OpenBao, each read once: what is set already is left alone.
#
# Made by keylift. Needs `vault`, `bao`, or curl with jq. Address, token and namespace come from VAULT_ADDR, VAULT_TOKEN (or
# ~/.vault-token) and VAULT_NAMESPACE, a private authority's certificate from VAULT_CACERT. A secret that cannot be read
# is an error: there is no default.

# Sets the variables of those names to the secrets of those names.
keylift_secret() {
	for keylift_name in "$@"; do
		eval "keylift_text=\${$keylift_name:-}"
		if [ -z "$keylift_text" ]; then
			# What follows the text keeps its last line breaks.
			if ! keylift_text=$(keylift_read "$keylift_name" && printf x) || [ "$keylift_text" = x ]; then
				echo "The secret $keylift_name could not be read" >&2
				return 1
			fi
			eval "$keylift_name=\${keylift_text%x}"
		fi
		keylift_text=
	done
}

keylift_read() {
	keylift_mount=${KEYLIFT_VAULT_MOUNT:-@KEYLIFT_MOUNT@}
	keylift_prefix=${KEYLIFT_VAULT_PREFIX-@KEYLIFT_PREFIX@}
	keylift_path=${keylift_prefix:+${keylift_prefix%/}/}$1
	if [ -z "${VAULT_ADDR:-}" ]; then
		echo "VAULT_ADDR is not set" >&2
		return 1
	fi
	for keylift_program in vault bao; do
		if command -v "$keylift_program" >/dev/null 2>&1; then
			# OpenBao's program prefers variables of its own.
			if [ "$keylift_program" = bao ]; then
				unset BAO_ADDR BAO_TOKEN BAO_NAMESPACE BAO_CACERT
			fi
			"$keylift_program" kv get "-mount=$keylift_mount" '-field=@KEYLIFT_FIELD@' "$keylift_path" </dev/null
			return
		fi
	done
	keylift_token=${VAULT_TOKEN:-}
	if [ -z "$keylift_token" ]; then
		keylift_token=$(cat "$HOME/.vault-token") || return
	fi
	keylift_data=/data
	keylift_field=.data.data
	if [ "${KEYLIFT_VAULT_KV:-@KEYLIFT_KV@}" = 1 ]; then
		keylift_data=
		keylift_field=.data
	fi
	# The token goes through a pipe: arguments are there for everybody to see.
	keylift_answer=$({
		printf 'header = "X-Vault-Token: %s"\nheader = "X-Vault-Request: true"\n' "$keylift_token"
		if [ -n "${VAULT_NAMESPACE:-}" ]; then
			printf 'header = "X-Vault-Namespace: %s"\n' "$VAULT_NAMESPACE"
		fi
		if [ -n "${VAULT_CACERT:-}" ]; then
			printf 'cacert = "%s"\n' "$VAULT_CACERT"
		fi
	} | curl --silent --show-error --fail --max-time 30 --config - "${VAULT_ADDR%/}/v1/$keylift_mount$keylift_data/$keylift_path") || return
	printf '%s' "$keylift_answer" | jq --exit-status --join-output "$keylift_field"'["@KEYLIFT_FIELD@"] | strings'
}
