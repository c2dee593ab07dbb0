# frozen_string_literal: true

require "aws-sdk-secretsmanager"

# Secrets from AWS Secrets Manager, each read once.
#
# Made by keylift. Needs the gem aws-sdk-secretsmanager; region and credentials come from its own chain. A secret that
# cannot be read raises: there is no default.
module KeyliftSecrets
  @known = {}
  @lock = Mutex.new

  class << self
    # The secret of that name, as text.
    def fetch(name)
      @lock.synchronize { @known[name] ||= read(name) }.dup
    end

    private

    def read(name)
      prefix = ENV.fetch("KEYLIFT_AWS_PREFIX", "@KEYLIFT_PREFIX@")
      answer = Aws::SecretsManager::Client.new.get_secret_value(secret_id: prefix + name)
      (answer.secret_string || answer.secret_binary).dup.force_encoding("UTF-8")
    end
  end
end
