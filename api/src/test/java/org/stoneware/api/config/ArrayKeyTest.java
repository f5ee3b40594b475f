package org.stoneware.api.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ArrayKeyTest {
    private static final String SECRET = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

    @TempDir
    private Path directory;

    private Path file;

    @BeforeEach
    void nameFile() {
        file = directory.resolve(ArrayKey.FILE_NAME);
        assumeTrue(
                directory.getFileSystem().supportedFileAttributeViews().contains("posix"),
                "permissions of this file system are not those of POSIX");
    }

    @Test
    void shouldReadTheSameKeyWhateverRemarksAndLineEndsAreAround() throws Exception {
        write(
                "# secret of the shop\r\n  " + SECRET.substring(0, 30) + "\r\n" + SECRET.substring(30) + "\r\n\r\n",
                "rw-------");

        assertThat(ArrayKey.read(file).mac().doFinal())
                .isEqualTo(ArrayKey.of(SECRET).mac().doFinal());
    }

    @ParameterizedTest
    @ValueSource(strings = {"rw-r--r--", "rw----r--", "rw--w----", "rw-----w-"})
    void shouldRefuseFileThatOthersCanReadOrChangeAndSayWhatToDo(String permissions) throws IOException {
        write(SECRET, permissions);

        assertThatThrownBy(() -> ArrayKey.read(file))
                .isInstanceOf(ArrayKeyException.class)
                .hasMessageContaining(file.toString())
                .hasMessageContaining(permissions)
                .hasMessageContaining("chmod 600");
    }

    @ParameterizedTest
    @ValueSource(strings = {"r--------", "rw-------", "r--r-----"})
    void shouldTakeFileOfOwnerAndOneThatItsGroupMayRead(String permissions) throws IOException {
        write(SECRET, permissions);

        assertThatCode(() -> ArrayKey.read(file)).doesNotThrowAnyException();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "# only a remark 0123456789abcdef0123456789",
                "0123456789abcdef",
                "changeme changeme changeme changeme"
            })
    void shouldRefuseWhatWasNotDrawnAtRandomWithoutRepeatingIt(String content) throws IOException {
        write(content, "rw-------");

        assertThatThrownBy(() -> ArrayKey.read(file))
                .isInstanceOf(ArrayKeyException.class)
                .hasMessageContaining("make-key")
                .hasMessageNotContaining("changeme")
                .hasMessageNotContaining("0123456789");
    }

    @Test
    void shouldRefuseFileThatIsNoText() throws IOException {
        write(SECRET + "\u00e9", "rw-------");

        assertThatThrownBy(() -> ArrayKey.read(file)).hasMessageContaining("not printable ASCII");
    }

    @Test
    void shouldRefuseFileThatIsMuchTooLong() throws IOException {
        write(SECRET.repeat(1000), "rw-------");

        assertThatThrownBy(() -> ArrayKey.read(file)).hasMessageContaining("is it the right file?");
    }

    @Test
    void shouldSayHowToComeByMissingFile() {
        assertThatThrownBy(() -> ArrayKey.read(file))
                .hasMessageContaining(file + " does not exist")
                .hasMessageContaining("make-key");
    }

    @Test
    void shouldNotShowSecretAsText() throws ArrayKeyException {
        assertThat(ArrayKey.of(SECRET).toString()).isEqualTo("array key");
    }

    private void write(String content, String permissions) throws IOException {
        Files.writeString(file, content);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(permissions));
    }
}
