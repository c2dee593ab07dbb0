# frozen_string_literal: true

require "json"
require "net/http"
require "uri"

# Secrets from HashiCorp Vault or OpenBao, each read once.
#
# Made by keylift. Address, token and namespace come from VAULT_ADDR, VAULT_TOKEN (or ~/.vault-token) and
# VAULT_NAMESPACE, a private authority's certificate from VAULT_CACERT. A secret that cannot be read raises: there is
# no default.
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
      mount = ENV.fetch("KEYLIFT_VAULT_MOUNT", "@KEYLIFT_MOUNT@")
      prefix = ENV.fetch("KEYLIFT_VAULT_PREFIX", "@KEYLIFT_PREFIX@")
      versions = ENV.fetch("KEYLIFT_VAULT_KV", "@KEYLIFT_KV@") != "1"
      path = [mount, versions ? "data" : "", prefix, name].join("/").split("/").reject(&:empty?)
      path = path.map { |part| URI.encode_www_form_component(part).gsub("+", "%20") }.join("/")
      data = get(URI("#{ENV.fetch("VAULT_ADDR").chomp("/")}/v1/#{path}"), name)
      data = data["data"] if versions
      value = data["@KEYLIFT_FIELD@"]
      raise "The secret #{name} has no text in the field @KEYLIFT_FIELD@" unless value.is_a?(String)

      value
    end

    def get(uri, name)
      http = Net::HTTP.new(uri.host, uri.port)
      http.use_ssl = uri.scheme == "https"
      http.ca_file = ENV["VAULT_CACERT"] if ENV["VAULT_CACERT"]
      http.open_timeout = http.read_timeout = 30
      request = Net::HTTP::Get.new(uri)
      request["X-Vault-Token"] = ENV["VAULT_TOKEN"] || File.read(File.join(Dir.home, ".vault-token")).strip
      request["X-Vault-Request"] = "true"
      request["X-Vault-Namespace"] = ENV["VAULT_NAMESPACE"] if ENV["VAULT_NAMESPACE"]
      answer = http.request(request)
      raise "The secret #{name} could not be read: the server answered #{answer.code}" if answer.code != "200"

      JSON.parse(answer.body.force_encoding("UTF-8")).fetch("data")
    end
  end
end
