@KEYLIFT_PACKAGE@import java.util.concurrent.ConcurrentHashMap
import software.amazon.awssdk.services.secretsmanager.SecretsManagerClient
import software.amazon.awssdk.services.secretsmanager.model.GetSecretValueRequest

/**
 * Secrets from AWS Secrets Manager, each read once.
 *
 * Made by keylift. Needs software.amazon.awssdk:secretsmanager; region and credentials come from its own chain. A secret
 * that cannot be read throws: there is no default.
 */
internal object KeyliftSecrets {
    private val known = ConcurrentHashMap<String, String>()
    private val client by lazy { SecretsManagerClient.create() }

    /** The secret of that name, as text. */
    fun get(name: String): String = known[name] ?: read(name).also { known[name] = it }

    private fun read(name: String): String {
        val id = (System.getenv("KEYLIFT_AWS_PREFIX") ?: "@KEYLIFT_PREFIX@") + name
        val answer = client.getSecretValue(GetSecretValueRequest.builder().secretId(id).build())
        return answer.secretString() ?: answer.secretBinary().asUtf8String()
    }
}
