package software.amazon.awssdk.services.secretsmanager.model;

import software.amazon.awssdk.core.SdkBytes;

public final class GetSecretValueResponse {
    private final String text;
    private final SdkBytes binary;

    public GetSecretValueResponse(String text, SdkBytes binary) {
        this.text = text;
        this.binary = binary;
    }

    public String secretString() {
        return text;
    }

    public SdkBytes secretBinary() {
        return binary;
    }
}
