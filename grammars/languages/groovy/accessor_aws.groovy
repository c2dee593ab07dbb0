@KEYLIFT_PACKAGE@import java.util.concurrent.ConcurrentHashMap
import software.amazon.awssdk.services.secretsmanager.SecretsManagerClient
import software.amazon.awssdk.services.secretsmanager.model.GetSecretValueRequest

/**
 * Secrets from AWS Secrets Manager, each read once.
 *
 * Made by keylift. Needs software.amazon.awssdk:secretsmanager; region and credentials come from its own chain. A secret
 * that cannot be read throws: there is no default.
 */
final class KeyliftSecrets {
    private static final Map<String, String> KNOWN = new ConcurrentHashMap<>()

    /** The secret of that name, as text. */
    static String get(String name) {
        String value = KNOWN.get(name)
        if (value == null) {
            value = read(name)
            KNOWN.put(name, value)
        }
        return value
    }

    private static String read(String name) {
        String prefix = System.getenv('KEYLIFT_AWS_PREFIX')
        String id = (prefix == null ? '@KEYLIFT_PREFIX@' : prefix) + name
        SecretsManagerClient client = SecretsManagerClient.create()
        try {
            def answer = client.getSecretValue(GetSecretValueRequest.builder().secretId(id).build())
            String text = answer.secretString()
            return text == null ? answer.secretBinary().asUtf8String() : text
        } finally {
            client.close()
        }
    }
}
