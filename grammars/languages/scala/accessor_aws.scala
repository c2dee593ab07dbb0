@KEYLIFT_PACKAGE@import java.util.concurrent.ConcurrentHashMap
import software.amazon.awssdk.services.secretsmanager.SecretsManagerClient
import software.amazon.awssdk.services.secretsmanager.model.GetSecretValueRequest

/**
 * Secrets from AWS Secrets Manager, each read once.
 *
 * Made by keylift. Needs software.amazon.awssdk:secretsmanager; region and credentials come from its own chain. A secret
 * that cannot be read throws: there is no default.
 */
private object KeyliftSecrets {
  private val known = new ConcurrentHashMap[String, String]()

  /** The secret of that name, as text. */
  def get(name: String): String = {
    val there = known.get(name)
    if (there != null) there
    else {
      val value = read(name)
      known.put(name, value)
      value
    }
  }

  private def read(name: String): String = {
    val prefix = sys.env.getOrElse("KEYLIFT_AWS_PREFIX", "@KEYLIFT_PREFIX@")
    val client = SecretsManagerClient.create()
    try {
      val answer = client.getSecretValue(GetSecretValueRequest.builder().secretId(prefix + name).build())
      val text = answer.secretString()
      if (text == null) answer.secretBinary().asUtf8String() else text
    } finally client.close()
  }
}
