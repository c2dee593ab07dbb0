package software.amazon.awssdk.core;

import java.nio.charset.StandardCharsets;

public final class SdkBytes {
    private final byte[] bytes;

    public SdkBytes(byte[] bytes) {
        this.bytes = bytes;
    }

    public String asUtf8String() {
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
