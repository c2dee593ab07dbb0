@KEYLIFT_PACKAGE@import groovy.json.JsonSlurper
import java.util.concurrent.ConcurrentHashMap

/**
 * Secrets from HashiCorp Vault or OpenBao, each read once.
 *
 * Made by keylift. Needs groovy-json. Address, token and namespace come from VAULT_ADDR, VAULT_TOKEN (or ~/.vault-token)
 * and VAULT_NAMESPACE; a private authority's certificate belongs into the trust store that Java is started with. A
 * secret that cannot be read throws: there is no default.
 */
final class KeyliftSecrets {
    private static final Map<String, String> KNOWN = new ConcurrentHashMap<>()

    /** The secret of that name, as text. */
    static String get(String name) {
        String value = KNOWN.get(name)
        if (value == null) {
            try {
                value = read(name)
            } catch (Exception error) {
                throw new IllegalStateException('The secret ' + name + ' could not be read', error)
            }
            KNOWN.put(name, value)
        }
        return value
    }

    private static String setting(String name, String usual) {
        return System.getenv(name) ?: usual
    }

    private static String read(String name) {
        String address = setting('VAULT_ADDR', '').replaceAll('/+$', '')
        if (!address) {
            throw new IOException('VAULT_ADDR is not set')
        }
        String token = System.getenv('VAULT_TOKEN') ?:
                new File(System.getProperty('user.home'), '.vault-token').getText('UTF-8').trim()
        boolean versions = setting('KEYLIFT_VAULT_KV', '@KEYLIFT_KV@') != '1'
        String path = [
                setting('KEYLIFT_VAULT_MOUNT', '@KEYLIFT_MOUNT@'),
                versions ? 'data' : '',
                setting('KEYLIFT_VAULT_PREFIX', '@KEYLIFT_PREFIX@'),
                name
        ].join('/').split('/').findAll { it }.collect { URLEncoder.encode(it, 'UTF-8').replace('+', '%20') }.join('/')
        HttpURLConnection connection = (HttpURLConnection) new URL(address + '/v1/' + path).openConnection()
        connection.setInstanceFollowRedirects(false)
        connection.setConnectTimeout(30000)
        connection.setReadTimeout(30000)
        connection.setRequestProperty('X-Vault-Token', token)
        connection.setRequestProperty('X-Vault-Request', 'true')
        if (setting('VAULT_NAMESPACE', '')) {
            connection.setRequestProperty('X-Vault-Namespace', setting('VAULT_NAMESPACE', ''))
        }
        if (connection.getResponseCode() != 200) {
            throw new IOException('the server answered ' + connection.getResponseCode())
        }
        String body = connection.getInputStream().withCloseable { it.getText('UTF-8') }
        def data = new JsonSlurper().parseText(body)['data']
        def value = (versions ? data['data'] : data)['@KEYLIFT_FIELD@']
        if (!(value instanceof String)) {
            throw new IOException('the answer has no text in the field @KEYLIFT_FIELD@')
        }
        return value
    }
}
