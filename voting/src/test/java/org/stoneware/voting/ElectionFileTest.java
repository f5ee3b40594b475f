package org.stoneware.voting;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.stoneware.spi.election.ElectionException;

class ElectionFileTest {
    private static final VoterId SELF = new VoterId(1, 2);
    private static final VoterId OTHER = new VoterId(3, 4);

    @TempDir
    Path directory;

    private Path file;

    @BeforeEach
    void nameFile() {
        file = directory.resolve(ElectionFile.FILE_NAME);
    }

    @Test
    void shouldBeginAsAVoterThatHasNeverVoted() {
        try (ElectionFile opened = ElectionFile.open(directory, SELF)) {
            assertThat(opened.load()).isEqualTo(SavedRegister.empty(SELF));
        }
    }

    @Test
    void shouldKeepItsIdentityAndEverythingForced() {
        try (ElectionFile opened = ElectionFile.open(directory, SELF)) {
            opened.force(register(1));
            opened.force(register(2));
        }

        try (ElectionFile opened = ElectionFile.open(directory, OTHER)) {
            assertThat(opened.load()).isEqualTo(register(2));
        }
    }

    @Test
    void shouldGoBackToTheStateBeforeAWriteTornAnywhere() throws IOException {
        byte[] before = bytesAfter(4);
        byte[] after = bytesAfter(5);
        for (int written = 0; written < SavedRegisterCodec.HALF_LENGTH; written += 64) {
            byte[] torn = before.clone();
            int half = after.length / 2;
            // The fifth generation after the first lies where the sixth began: in the half that differs.
            int offset = Arrays.equals(before, 0, half, after, 0, half) ? half : 0;
            System.arraycopy(after, offset, torn, offset, written);
            Files.write(file, torn);

            try (ElectionFile opened = ElectionFile.open(directory, OTHER)) {
                assertThat(opened.load()).isIn(register(4), register(5));
                opened.force(register(6));
            }
            try (ElectionFile opened = ElectionFile.open(directory, OTHER)) {
                assertThat(opened.load()).isEqualTo(register(6));
            }
        }
    }

    @Test
    void shouldRefuseAFileOfWhichNeitherHalfCanBeRead() throws IOException {
        byte[] bytes = bytesAfter(3);
        bytes[100] ^= 1;
        bytes[SavedRegisterCodec.HALF_LENGTH + 100] ^= 1;
        Files.write(file, bytes);

        assertThatThrownBy(() -> ElectionFile.open(directory, OTHER))
                .isInstanceOf(ElectionException.class)
                .hasMessageContaining(file.toString())
                .hasMessageContaining("move the file away");
    }

    @Test
    void shouldRefuseADirectoryThatDoesNotExist() {
        Path missing = directory.resolve("missing");

        assertThatThrownBy(() -> ElectionFile.open(missing, SELF))
                .isInstanceOf(ElectionException.class)
                .hasMessageContaining(missing.toString());
    }

    @Test
    void shouldForgetAFileThatWasNotFinished() throws IOException {
        Files.write(directory.resolve(ElectionFile.FILE_NAME + ".new"), new byte[10]);

        try (ElectionFile opened = ElectionFile.open(directory, SELF)) {
            assertThat(opened.load().identity()).isEqualTo(SELF);
        }
    }

    @Test
    void shouldNotTryAgainAfterAFailedWrite() {
        ElectionFile opened = ElectionFile.open(directory, SELF);
        opened.close();

        assertThatThrownBy(() -> opened.force(register(1))).isInstanceOf(ElectionException.class);
        assertThatThrownBy(() -> opened.force(register(1)))
                .isInstanceOf(ElectionException.class)
                .hasMessageContaining("has failed before");
    }

    @Test
    void shouldHaveTheLengthOfTwoBlocks() throws IOException {
        assertThat(bytesAfter(2)).hasSize(2 * SavedRegisterCodec.HALF_LENGTH);
    }

    private byte[] bytesAfter(int writes) throws IOException {
        Files.deleteIfExists(file);
        try (ElectionFile opened = ElectionFile.open(directory, SELF)) {
            for (int i = 1; i <= writes; i++) {
                opened.force(register(i));
            }
        }
        return Files.readAllBytes(file);
    }

    private static SavedRegister register(long counter) {
        Ballot ballot = new Ballot(counter, OTHER);
        RegisterValue value = new RegisterValue(
                Epoch.of(counter, 1, OTHER),
                1,
                List.of(new RegisterValue.InSync(1, OTHER, 77)),
                List.of(
                        new RegisterValue.Voter(0, SELF),
                        new RegisterValue.Voter(1, OTHER),
                        new RegisterValue.Voter(RegisterValue.Voter.NOT_A_SERVER, new VoterId(5, 6))),
                9);
        return new SavedRegister(SELF, 42, value.epoch(), ballot, ballot, value, counter % 2 == 0);
    }
}
