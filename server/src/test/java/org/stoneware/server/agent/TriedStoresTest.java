package org.stoneware.server.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.stoneware.server.agent.StoreExchangeRig.ScriptedProvider;
import org.stoneware.server.storage.FaultyStore.Fault;

/** Stores that end the process of their server. A rig over the same directory is the process after the one that ended. */
class TriedStoresTest {
    private static final String VERSION = "2.0.0";

    @TempDir
    Path data;

    @Test
    void shouldWriteDownWhatIsTriedBeforeItsCodeRunsAndUntilItsProbationIsOver() {
        StoreExchangeRig rig = new StoreExchangeRig(data);
        ScriptedProvider provider = new ScriptedProvider("first");
        String[] atOpening = {""};
        provider.onOpen = () -> atOpening[0] = file();
        rig.use(rig.come(provider, VERSION));
        rig.untilDone();
        String onProbation = file();

        rig.passSeconds(31);
        rig.cycle();

        assertThat(atOpening[0]).contains("\ntrying=first bundle.first 2.0.0\n");
        assertThat(onProbation).contains("\ntrying=first bundle.first 2.0.0\n");
        assertThat(data.resolve(TriedStores.FILE_NAME)).doesNotExist();
    }

    @Test
    void shouldNotTryAgainByItselfWhatWasBeingTriedWhenTheProcessEnded() {
        endedWhileTrying("first");

        StoreExchangeRig again = new StoreExchangeRig(data);
        again.reachable.clear();
        ScriptedProvider provider = new ScriptedProvider("first");
        StoreOffer offer = again.come(provider, VERSION);

        assertThat(again.exchange.fit().newest("first")).isEqualTo(again.firstOffer);
        assertThat(again.problems()).hasSize(1);
        assertThat(again.problems().get(0))
                .contains(
                        offer.inWords() + " is not used: ",
                        "process of this server ended",
                        "newer version",
                        "storage:use");
        again.go(offer);
        again.come(provider, VERSION);
        assertThat(again.exchange.fit().newest("first")).isEqualTo(again.firstOffer);
        assertThat(new StoreExchangeRig(data).problems())
                .as("after one more start")
                .hasSize(1);
    }

    @Test
    void shouldTryANewerVersionAfterOneThatEndedTheProcess() {
        endedWhileTrying("first");
        StoreExchangeRig again = new StoreExchangeRig(data);
        StoreOffer repaired = again.come(new ScriptedProvider("first"), "2.0.1");

        again.exchange.useInTurn(repaired, "deploy/first.jar");
        again.untilDone();

        assertThat(again.inUse()).isEqualTo(repaired.inWords());
    }

    @Test
    void shouldTryItAgainForSomebodyWhoAsksForItsMode() {
        endedWhileTrying("other");
        StoreExchangeRig again = new StoreExchangeRig(data);
        StoreOffer offer = again.come(new ScriptedProvider("other"), VERSION);
        StoreOffer byItself = again.exchange.fit().newest("other");

        StoreOffer asked = again.exchange.fit().wanted("other");
        again.use(offer);
        again.untilDone();
        again.passSeconds(31);
        again.cycle();

        assertThat(byItself).isNull();
        assertThat(asked).isEqualTo(offer);
        assertThat(again.inUse()).isEqualTo(offer.inWords());
        assertThat(data.resolve(TriedStores.FILE_NAME)).doesNotExist();
        assertThat(again.problems()).isEmpty();
    }

    @Test
    void shouldWriteNothingDownAnyMoreOnceItWasGivenUpOrFellBack() {
        StoreExchangeRig rig = new StoreExchangeRig(data);
        ScriptedProvider broken = new ScriptedProvider("other");
        broken.fault = Fault.CORRUPTS;
        rig.use(rig.come(broken, VERSION));
        rig.untilDone();
        boolean isGivenUp = !Files.exists(data.resolve(TriedStores.FILE_NAME));
        ScriptedProvider failing = new ScriptedProvider("third");
        rig.use(rig.come(failing, VERSION));
        rig.untilDone();

        failing.last().failing(Fault.THROWS, 1);
        rig.write("during the probation");
        rig.cycle();
        rig.cycle();

        assertThat(isGivenUp).isTrue();
        assertThat(data.resolve(TriedStores.FILE_NAME)).doesNotExist();
    }

    @Test
    void shouldNotTakeAnOrderlyStopForAnEndOfTheProcess() throws IOException {
        StoreExchangeRig rig = endedWhileTrying("first");
        rig.exchange.close();
        rig.generations.stopped(true);

        assertThat(data.resolve(TriedStores.FILE_NAME)).doesNotExist();
    }

    /** Where sessions are kept nobody else can open them; it is on probation once more. */
    @Test
    void shouldGoOnWithTheStoreThatHasTheSessionsAndSayWhatItDid() throws IOException {
        Files.writeString(data.resolve(TriedStores.FILE_NAME), "trying=first bundle.first 1.0.0\n");

        StoreExchangeRig rig = new StoreExchangeRig(data);
        rig.untilDone();
        boolean isWritten = file().contains("trying=first bundle.first 1.0.0") && !file().contains("ended=first");
        String problem = String.join("", rig.problems());
        rig.passSeconds(31);
        rig.untilDone();

        assertThat(isWritten).isTrue();
        assertThat(problem).contains(rig.firstOffer.inWords() + " was on probation when the process before ended");
        assertThat(rig.problems()).isEmpty();
        assertThat(data.resolve(TriedStores.FILE_NAME)).doesNotExist();
    }

    @Test
    void shouldNotTakeAStoreForProvedThatFailsOnItsSecondProbation() throws IOException {
        Files.writeString(data.resolve(TriedStores.FILE_NAME), "trying=first bundle.first 1.0.0\n");
        StoreExchangeRig rig = new StoreExchangeRig(data);
        rig.untilDone();

        rig.first.last().failing(Fault.THROWS, 1);
        rig.write("late");
        rig.passSeconds(31);
        rig.untilDone();

        assertThat(new TriedStores(data).endedWithTheProcess()).containsExactly("first bundle.first 1.0.0");
        assertThat(data.resolve(ProvedStores.FILE_NAME)).doesNotExist();
    }

    /** A bundle that was repaired may have the same version. */
    @Test
    void shouldForgetThatAStoreFailedOnceOneOfTheSameVersionIsProved() throws IOException {
        StoreExchangeRig rig = new StoreExchangeRig(data);
        StoreOffer offer = rig.come(new ScriptedProvider("other"), VERSION);
        rig.generations.tried().fail(offer);

        rig.use(offer);
        rig.untilDone();
        rig.passSeconds(31);
        rig.untilDone();

        assertThat(rig.inUse()).isEqualTo(offer.inWords());
        assertThat(data.resolve(TriedStores.FILE_NAME)).doesNotExist();
    }

    @Test
    void shouldDoWithoutAFileThatSaysNothing() throws IOException {
        Files.write(data.resolve(TriedStores.FILE_NAME), new byte[] {(byte) 0xff, 0, 10, 61, 10});

        assertThat(new TriedStores(data).endedWithTheProcess()).isEmpty();
    }

    private StoreExchangeRig endedWhileTrying(String mode) {
        StoreExchangeRig rig = new StoreExchangeRig(data);
        rig.use(rig.come(new ScriptedProvider(mode), VERSION));
        rig.untilDone();
        return rig;
    }

    private String file() {
        try {
            return Files.readString(data.resolve(TriedStores.FILE_NAME));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
