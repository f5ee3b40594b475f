package org.stoneware.server.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StoreChoiceTest {
    private static final String CONFIGURED = "temporary-swap-only";
    private static final String PERMANENT = "permanent-store";

    @TempDir
    private Path data;

    @Test
    void shouldRememberAChoiceUntilTheConfiguredModeIsChosenAgain() throws IOException {
        read("").choose("memory");
        assertThat(read("").mode()).isEqualTo("memory");
        assertThat(read("").isConfigured()).isFalse();

        read("").choose(CONFIGURED);

        assertThat(read("").mode()).isEqualTo(CONFIGURED);
        assertThat(data).isEmptyDirectory();
    }

    @Test
    void shouldBeginWithTheModeOfTheSessionsWhenTheProcessEndedInTheMiddleOfAnExchange() throws IOException {
        read("").begin(PERMANENT);

        assertThat(read("").mode()).as("not exchanged yet").isEqualTo(CONFIGURED);
        assertThat(read(PERMANENT).mode()).as("exchanged").isEqualTo(PERMANENT);
    }

    @Test
    void shouldBeginWithTheKeptSessionsWhenTheyWereAboutToMoveToAnotherStoreThatKeepsThem() throws IOException {
        read("").choose("rocksdb");
        read("rocksdb").begin(PERMANENT);

        assertThat(read("rocksdb").mode()).isEqualTo("rocksdb");
        assertThat(read(PERMANENT).mode()).isEqualTo(PERMANENT);
    }

    @Test
    void shouldKeepTheWayBackWhenTheModeInUseIsAskedForAgain() throws IOException {
        StoreChoice choice = read("");
        choice.begin(PERMANENT);
        choice.moved(PERMANENT);

        choice.confirm(PERMANENT, true);

        assertThat(read(CONFIGURED).mode()).isEqualTo(CONFIGURED);
    }

    @Test
    void shouldWriteTheModeInUseAgainThatIsAskedForAfterItsFileWasDeleted() throws IOException {
        StoreChoice choice = read("");
        choice.choose(PERMANENT);
        Files.delete(choice.file());

        choice.confirm(PERMANENT, false);

        assertThat(read("").mode()).isEqualTo(PERMANENT);
    }

    /** The process before ended while the other one was tried. */
    @Test
    void shouldForgetTheOtherModeWhenTheOneAStartWentBackToIsAskedFor() throws IOException {
        read("").moved(PERMANENT);
        StoreChoice choice = read(CONFIGURED);
        assertThat(choice.mode()).isEqualTo(CONFIGURED);

        choice.confirm(CONFIGURED, false);

        assertThat(read("").mode()).isEqualTo(CONFIGURED);
    }

    @Test
    void shouldKeepTheWayBackOfAProbationWhenAnotherExchangeComesToNothing() throws IOException {
        StoreChoice choice = read("");
        choice.begin(PERMANENT);
        choice.moved(PERMANENT);
        choice.begin("rocksdb");

        choice.abandon();

        assertThat(read("").mode()).isEqualTo(PERMANENT);
        assertThat(read(CONFIGURED).mode()).as("fell back").isEqualTo(CONFIGURED);
        choice.settle();
        assertThat(read(CONFIGURED).mode()).as("settled").isEqualTo(PERMANENT);
    }

    @Test
    void shouldForgetAnExchangeThatCameToNothing() throws IOException {
        StoreChoice choice = read("");
        choice.begin(PERMANENT);
        choice.abandon();

        assertThat(read(PERMANENT).mode()).isEqualTo(CONFIGURED);
    }

    @Test
    void shouldBeginWithTheModeBeforeWhileTheNewOneIsOnProbationAndTheSessionsAreKeptInTheModeBefore()
            throws IOException {
        StoreChoice choice = read("");
        choice.begin(PERMANENT);
        choice.moved(PERMANENT);
        String fellBack = read(CONFIGURED).mode();
        String keptThere = read(PERMANENT).mode();
        String keptNowhere = read("").mode();

        choice.settle();

        assertThat(fellBack).isEqualTo(CONFIGURED);
        assertThat(keptThere).isEqualTo(PERMANENT);
        assertThat(keptNowhere).isEqualTo(PERMANENT);
        assertThat(read(CONFIGURED).mode()).as("settled").isEqualTo(PERMANENT);
    }

    /** Nothing is kept, so nothing is lost by going back. */
    @Test
    void shouldBeginWithTheModeBeforeWhenTheProcessEndedOnProbation() throws IOException {
        StoreChoice choice = read("");
        choice.begin("memory");
        choice.moved("memory");

        assertThat(StoreChoice.read(data, CONFIGURED, "", Set.of("memory shop.memory 1.0.0"))
                        .mode())
                .isEqualTo(CONFIGURED);
        assertThat(StoreChoice.read(data, CONFIGURED, "memory", Set.of("memory shop.memory 1.0.0"))
                        .mode())
                .isEqualTo("memory");
    }

    @Test
    void shouldGoBackToTheConfiguredModeWithoutLeavingAFile() throws IOException {
        StoreChoice choice = read("");
        choice.choose("memory");
        choice.begin(CONFIGURED);
        choice.moved(CONFIGURED);
        String fellBack = read("memory").mode();

        choice.settle();

        assertThat(fellBack).isEqualTo("memory");
        assertThat(data).isEmptyDirectory();
    }

    @Test
    void shouldNameAFileThatSaysNothing() throws IOException {
        Files.writeString(data.resolve(StoreChoice.FILE_NAME), "# empty\n");

        assertThatThrownBy(() -> read(""))
                .isInstanceOf(IOException.class)
                .hasMessageContaining(StoreChoice.FILE_NAME)
                .hasMessageContaining("delete it");
    }

    private StoreChoice read(String kept) throws IOException {
        return StoreChoice.read(data, CONFIGURED, kept, Set.of());
    }
}
