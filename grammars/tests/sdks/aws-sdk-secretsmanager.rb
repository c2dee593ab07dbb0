# frozen_string_literal: true

require "json"
require "net/http"

module Aws
  module SecretsManager
    module Errors
      ServiceError = Class.new(RuntimeError)
    end

    # Aws::SecretsManager::Client, API of 2017-10-17.
    class Client
      Answer = Struct.new(:secret_string, :secret_binary)

      def get_secret_value(secret_id:)
        headers = {
          "X-Amz-Target" => "secretsmanager.GetSecretValue",
          "Content-Type" => "application/x-amz-json-1.1",
          "Authorization" => "AWS4-HMAC-SHA256 Credential=testing/20200101/eu-central-1/secretsmanager/aws4_request"
        }
        body = JSON.generate("SecretId" => secret_id)
        answer = Net::HTTP.post(URI("#{ENV.fetch("AWS_ENDPOINT_URL")}/"), body, headers)
        json = JSON.parse(answer.body.force_encoding("UTF-8"))
        raise Errors::ServiceError, json["__type"] unless answer.code == "200"

        Answer.new(json["SecretString"], json["SecretBinary"]&.unpack1("m"))
      end
    end
  end
end
