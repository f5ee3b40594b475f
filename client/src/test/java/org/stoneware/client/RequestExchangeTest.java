package org.stoneware.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.agrona.DirectBuffer;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.stoneware.api.session.SessionDelta;
import org.stoneware.api.session.SessionKey;
import org.stoneware.wire.session.ClientRequestPublisher;
import org.stoneware.wire.session.OwnStatus;
import org.stoneware.wire.session.SessionProtocol;
import org.stoneware.wire.session.WriteStatus;

class RequestExchangeTest {
    /** Where a write says whether it gives the session up. */
    private static final int FLAGS_OFFSET = 64;

    private static final SessionKey KEY = SessionKey.of("shop", "S1");
    private static final SessionKey NEW_KEY = SessionKey.of("shop", "S2");
    private static final long TOKEN = 50;

    private final OwnedSessions owned = new OwnedSessions();
    private final CopyVersions versions = new CopyVersions();
    private final List<Integer> sent = new ArrayList<>();
    private final List<Long> sentVersions = new ArrayList<>();
    private final RequestExchange exchange = new RequestExchange(owned, versions, new RequestExchange.Output() {
        @Override
        public void transmit(DirectBuffer buffer, int length) {
            sent.add(length);
            sentVersions.add(ClientRequestPublisher.copyVersion(buffer));
            room--;
        }

        @Override
        public boolean hasRoom() {
            return room > 0;
        }
    });
    private int room = Integer.MAX_VALUE;

    @Test
    void shouldHoldBackInOrderWhatThereIsNoRoomFor() {
        exchange.open(1);
        room = 1;
        exchange.send(getOwn(1));
        exchange.send(getOwn(2));
        PendingRequest givenUp = getOwn(3);
        exchange.send(givenUp);
        exchange.send(getOwn(4));
        assertThat(sentVersions).containsExactly(1L);
        assertThat(exchange.isDrained()).isFalse();

        room = 1;
        exchange.doWork();
        exchange.cancel(givenUp);
        assertThat(sentVersions).containsExactly(1L, 2L);
        room = 10;
        exchange.doWork();

        assertThat(sentVersions).containsExactly(1L, 2L, 4L);
        assertThat(exchange.isDrained()).isTrue();
    }

    @Test
    void shouldSendEveryRequestUnderANewRegistrationHoweverLittleRoomThereIs() {
        exchange.open(1);
        room = 2;
        exchange.send(getOwn(1));
        exchange.send(getOwn(2));
        exchange.send(getOwn(3));
        exchange.close();
        sentVersions.clear();

        room = 2;
        exchange.open(2);
        assertThat(sentVersions).containsExactly(1L, 2L);
        room = 1;
        exchange.doWork();

        assertThat(sentVersions).containsExactly(1L, 2L, 3L);
    }

    @Test
    void shouldKeepARenamedSessionThatIsInUseWhenItIsRecalledAtOnce() {
        PendingRequest rename = renameInUse();

        exchange.onWritten(rename.id, TOKEN, 8, WriteStatus.COMMITTED, 0, 0);
        sent.clear();
        exchange.onRecall(NEW_KEY, TOKEN, 1, 0);

        assertThat(sent).isEmpty();
        assertThat(owned.end(KEY, 0)).isNotNull();
    }

    @Test
    void shouldNotRenameWhatTheArrayDidNot() {
        PendingRequest rename = renameInUse();

        exchange.onWritten(rename.id, TOKEN, 0, WriteStatus.EXISTS, 0, 0);

        assertThat(owned.entry(KEY)).isNotNull();
        assertThat(owned.entry(NEW_KEY)).isNull();
    }

    @Test
    void shouldTellWhenOthersHaveReadASessionWhoseCopyIsCurrent() {
        owned.onRenewed(0, 0);
        exchange.open(1);
        PendingRequest open = getOwn(7);
        exchange.send(open);

        exchange.onOwned(open.id, TOKEN, 7, 9_000, OwnStatus.CURRENT, 0, 1, 5_000, null, 0);

        assertThat(open.logTimeMs).isEqualTo(9_000);
        assertThat(open.lastAccessedTimeMs).isEqualTo(5_000);
    }

    @Test
    void shouldSayThatAChangeHasGivenTheSessionUp() {
        owned.onRenewed(0, 0);
        owned.onGranted(KEY, TOKEN, 1, 7, SessionProtocol.HINT_RECALLED, owned.generation(), 0);
        exchange.open(1);
        PendingRequest earlier = change(7);
        PendingRequest last = change(8);
        exchange.send(earlier);
        exchange.send(last);

        exchange.onWritten(earlier.id, TOKEN, 8, WriteStatus.COMMITTED, 0, 0);
        exchange.onWritten(last.id, SessionProtocol.NO_TOKEN, 9, WriteStatus.COMMITTED, 0, 0);

        assertThat(earlier.isReleased).isFalse();
        assertThat(last.isReleased).isTrue();
    }

    @Test
    void shouldNotCallARefusedChangeOneThatGaveTheSessionUp() {
        exchange.open(1);
        PendingRequest refused = change(7);
        exchange.send(refused);

        exchange.onWritten(refused.id, SessionProtocol.NO_TOKEN, 0, WriteStatus.FENCED, 0, 0);

        assertThat(refused.isReleased).isFalse();
    }

    @Test
    void shouldAskForTheWholeSessionWhenItsCopyIsOfTheOtherSideOfASplit() {
        versions.onRegistered(1, 0, 0);
        long name = versions.named(8);
        exchange.open(1);
        versions.onRegistered(2, 1, 7);
        exchange.open(2);
        exchange.send(getOwn(name));
        exchange.send(getOwn(versions.named(8)));

        assertThat(sentVersions).containsExactly(0L, 8L);
    }

    @Test
    void shouldRefuseAChangeThatWasMadeToACopyOfTheOtherSideOfASplit() {
        versions.onRegistered(1, 0, 0);
        PendingRequest write = change(versions.named(8));
        versions.onRegistered(2, 1, 7);
        exchange.send(write);
        exchange.open(2);

        assertThat(sent).isEmpty();
        assertThat(write.isDone()).isTrue();
        assertThat(write.writeStatus).isEqualTo(WriteStatus.FENCED);
    }

    /** It may have been taken in before the logs parted, or by a server this Tomcat was not registered at. */
    @Test
    void shouldAskWhatBecameOfAChangeThatWasSentBeforeItsCopyCountedNoMore() {
        versions.onRegistered(1, 0, 0);
        PendingRequest write = change(versions.named(8));
        exchange.open(1);
        exchange.send(write);
        exchange.close();
        versions.onRegistered(2, 1, 7);
        sent.clear();
        exchange.open(2);

        assertThat(sent).hasSize(1);
        assertThat(write.isDone()).isFalse();
        assertThat(write.message.byteArray()).isEqualTo(questionAbout(write));
    }

    /** The same change under no token and made to no copy: answered if it has taken effect, else refused. */
    private static byte[] questionAbout(PendingRequest write) {
        ExpandableArrayBuffer buffer = new ExpandableArrayBuffer();
        byte[] message = new byte[new ClientRequestPublisher().remove(buffer, 0, 0, 0, 0, KEY)];
        buffer.getBytes(0, message);
        new ClientRequestPublisher().restamp(new UnsafeBuffer(message), 2, write.id, write.id);
        return message;
    }

    @Test
    void shouldSendAChangeAgainThatWasMadeToACopyBothSidesOfASplitHave() {
        versions.onRegistered(1, 0, 0);
        PendingRequest write = change(versions.named(7));
        versions.named(8);
        versions.onRegistered(2, 1, 7);
        exchange.open(2);
        exchange.send(write);

        assertThat(sentVersions).containsExactly(7L);
    }

    @Test
    void shouldNotGiveUpWithAChangeSentAgainWhatWasGrantedSince() {
        owned.onRenewed(0, 0);
        owned.onGranted(KEY, TOKEN, TOKEN, 7, 0, owned.generation(), 0);
        PendingRequest write = lastWrite(TOKEN);
        exchange.open(1);
        exchange.send(write);
        assertThat(flags(write)).isEqualTo(SessionProtocol.WRITE_RELEASE);
        owned.onGranted(KEY, TOKEN, TOKEN + 1, 7, 0, owned.generation(), 0);

        exchange.close();
        exchange.open(2);

        assertThat(flags(write)).isZero();
    }

    /** A store that takes no changes for a while, for one. */
    @Test
    void shouldUseASessionAgainWhoseRemovalWasRefused() {
        PendingRequest removal = removeInUse();
        PendingRequest behind = getOwn(7);
        exchange.send(behind);

        exchange.onWritten(removal.id, SessionProtocol.NO_TOKEN, 0, WriteStatus.FAILED, 0, 0);
        exchange.onOwned(behind.id, TOKEN, 7, 0, OwnStatus.CURRENT, 0, TOKEN + 1, 0, null, 0);
        owned.end(KEY, 0);
        owned.end(KEY, 0);

        assertThat(owned.tryOpen(KEY, 7, 0, 0)).isTrue();
    }

    /** It may still take effect, and only what was asked for behind it shows that it has not. */
    @Test
    void shouldBeginNoUseWhileARemovalMayTakeEffectThatNobodyWaitsForAnyMore() {
        owned.onRenewed(0, 0);
        exchange.open(1);
        PendingRequest before = getOwn(7);
        exchange.send(before);
        PendingRequest removal = removeInUse();
        PendingRequest behind = getOwn(7);
        exchange.send(behind);

        exchange.cancel(removal);
        owned.onUnknown(KEY);
        exchange.onOwned(before.id, TOKEN, 7, 0, OwnStatus.CURRENT, 0, TOKEN + 1, 0, null, 0);
        boolean isOpenTooEarly = owned.tryOpen(KEY, 7, 0, 0);
        exchange.onOwned(behind.id, TOKEN, 7, 0, OwnStatus.CURRENT, 0, TOKEN + 2, 0, null, 0);

        assertThat(isOpenTooEarly).isFalse();
        assertThat(owned.tryOpen(KEY, 7, 0, 0)).isTrue();
    }

    /** A server may serve what comes behind it first, as where it waits for a store. */
    @Test
    void shouldBeginNoUseBehindARemovalThatIsNotAnsweredYet() {
        PendingRequest removal = removeInUse();
        PendingRequest behind = getOwn(7);
        exchange.send(behind);

        exchange.onOwned(behind.id, TOKEN, 7, 0, OwnStatus.CURRENT, 0, TOKEN + 1, 0, null, 0);
        boolean isOpenTooEarly = owned.tryOpen(KEY, 7, 0, 0);
        exchange.onWritten(removal.id, SessionProtocol.NO_TOKEN, 0, WriteStatus.COMMITTED, 0, 0);

        assertThat(isOpenTooEarly).isFalse();
        assertThat(owned.tryOpen(KEY, 7, 0, 0)).isFalse();
    }

    private PendingRequest removeInUse() {
        owned.onRenewed(0, 0);
        owned.onGranted(KEY, TOKEN, TOKEN, 7, 0, owned.generation(), 0);
        owned.beginRemoval(owned.entry(KEY));
        PendingRequest removal = change(7);
        removal.isRemoval = true;
        exchange.open(1);
        exchange.send(removal);
        return removal;
    }

    private static PendingRequest lastWrite(long grant) {
        SessionDelta.Builder delta = new SessionDelta.Builder(new ExpandableArrayBuffer());
        int deltaLength = delta.finish();
        ExpandableArrayBuffer buffer = new ExpandableArrayBuffer();
        return request(
                buffer,
                new ClientRequestPublisher()
                        .write(
                                buffer,
                                0,
                                0,
                                TOKEN,
                                0,
                                SessionProtocol.WRITE_RELEASE,
                                grant,
                                7,
                                KEY,
                                delta.buffer(),
                                0,
                                deltaLength),
                false);
    }

    private static int flags(PendingRequest write) {
        return write.message.getInt(FLAGS_OFFSET, ByteOrder.LITTLE_ENDIAN);
    }

    private static PendingRequest getOwn(long name) {
        ExpandableArrayBuffer buffer = new ExpandableArrayBuffer();
        return request(buffer, new ClientRequestPublisher().getOwn(buffer, 0, 0, name, 10, KEY), true);
    }

    private static PendingRequest change(long name) {
        ExpandableArrayBuffer buffer = new ExpandableArrayBuffer();
        return request(buffer, new ClientRequestPublisher().remove(buffer, 0, 0, TOKEN, name, KEY), false);
    }

    private static PendingRequest request(ExpandableArrayBuffer buffer, int length, boolean isOwnershipRequest) {
        byte[] message = new byte[length];
        buffer.getBytes(0, message);
        return new PendingRequest(KEY, message, isOwnershipRequest, isOwnershipRequest ? 0 : TOKEN);
    }

    private PendingRequest renameInUse() {
        owned.onRenewed(0, 0);
        owned.onGranted(KEY, TOKEN, 1, 7, 0, owned.generation(), 0);
        ExpandableArrayBuffer buffer = new ExpandableArrayBuffer();
        int length = new ClientRequestPublisher().rename(buffer, 0, 0, TOKEN, 0, KEY, NEW_KEY);
        byte[] message = new byte[length];
        buffer.getBytes(0, message);
        PendingRequest rename = new PendingRequest(KEY, message, false, TOKEN);
        rename.renamedTo = NEW_KEY;
        exchange.open(1);
        exchange.send(rename);
        return rename;
    }
}
