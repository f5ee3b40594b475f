package org.stoneware.tomcat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.stoneware.tomcat.TestTomcat.APPLICATION;
import static org.stoneware.tomcat.TestTomcat.sessionId;

import java.io.IOException;
import java.io.ObjectOutputStream;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import javax.servlet.http.HttpSession;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Values changed without {@code setAttribute}, however the application gets at them. */
class ChangedInPlaceTest {
    static final class Cart implements Serializable {
        private static final long serialVersionUID = 1L;
        static final AtomicInteger WRITES = new AtomicInteger();

        final ArrayList<String> items = new ArrayList<>();

        private void writeObject(ObjectOutputStream out) throws IOException {
            WRITES.incrementAndGet();
            out.defaultWriteObject();
        }
    }

    /** Leads to a cart that is an attribute of its own too. */
    static final class Checkout implements Serializable {
        private static final long serialVersionUID = 1L;

        final Cart cart;

        Checkout(Cart cart) {
            this.cart = cart;
        }
    }

    private final InMemoryArray array = new InMemoryArray();
    private TestTomcat tomcat;
    private String id;

    @BeforeEach
    void start() throws Exception {
        tomcat = new TestTomcat(array.source());
        tomcat.page("/begin", (request, response) -> {
                    Cart cart = new Cart();
                    request.getSession().setAttribute("cart", cart);
                    request.getSession().setAttribute("checkout", new Checkout(cart));
                })
                .start();
        id = sessionId(tomcat.get("/begin", null));
    }

    @AfterEach
    void stop() throws Exception {
        tomcat.close();
    }

    private static Checkout checkout(HttpSession session) {
        return (Checkout) session.getAttribute("checkout");
    }

    private List<String> heldCart() {
        return ((Cart) array.attribute(APPLICATION, id, "cart")).items;
    }

    @Test
    void shouldHoldAChangeUnderBothNamesOfAnObject() throws Exception {
        tomcat.page(
                "/add",
                (request, response) -> checkout(request.getSession()).cart.items.add("x"));

        tomcat.get("/add", id);

        assertThat(((Checkout) array.attribute(APPLICATION, id, "checkout")).cart.items)
                .containsExactly("x");
        assertThat(heldCart()).containsExactly("x");
    }

    @Test
    void shouldHoldAChangeMadeByWayOfAnAttributeThatIsReplacedOrRemoved() throws Exception {
        tomcat.page("/replace", (request, response) -> {
            checkout(request.getSession()).cart.items.add("x");
            request.getSession().setAttribute("checkout", "done");
        });
        tomcat.page("/again", (request, response) -> request.getSession().setAttribute("checkout", new Checkout((Cart)
                request.getSession().getAttribute("cart"))));
        tomcat.page("/remove", (request, response) -> {
            Cart cart = checkout(request.getSession()).cart;
            request.getSession().removeAttribute("checkout");
            response.getWriter().print("removed");
            response.flushBuffer();
            cart.items.add("y");
        });

        tomcat.get("/replace", id);
        List<String> afterReplacement = heldCart();
        tomcat.get("/again", id);
        tomcat.get("/remove", id);

        assertThat(afterReplacement).containsExactly("x");
        assertThat(heldCart()).containsExactly("x", "y");
    }

    @Test
    void shouldNotLookAtWhatARequestHadNotInHandsWhenNothingHasChanged() throws Exception {
        tomcat.page("/other", (request, response) -> request.getSession().setAttribute("list", new ArrayList<>()));
        tomcat.page("/look", (request, response) -> request.getSession().getAttribute("list"));
        tomcat.get("/other", id);
        array.awaitNoUses();
        Cart.WRITES.set(0);

        tomcat.get("/look", id);
        array.awaitNoUses();

        assertThat(Cart.WRITES).hasValue(0);
    }

    @Test
    void shouldShareAListAgainWhenWhatCouldNotBeSerializedHasLeftIt() throws Exception {
        tomcat.page("/odd", (request, response) -> {
            ArrayList<Object> list = new ArrayList<>();
            list.add(new Object());
            request.getSession().setAttribute("list", list);
        });
        tomcat.page("/even", (request, response) -> {
            @SuppressWarnings("unchecked")
            ArrayList<Object> list = (ArrayList<Object>) request.getSession().getAttribute("list");
            list.clear();
            list.add("x");
        });
        tomcat.get("/odd", id);
        Object whileOdd = array.attribute(APPLICATION, id, "list");

        tomcat.get("/even", id);

        assertThat(whileOdd).isNull();
        assertThat(array.attribute(APPLICATION, id, "list")).isEqualTo(List.of("x"));
    }

    @Test
    void shouldWriteNothingForAValueThatStaysUnserializable() throws Exception {
        tomcat.page("/odd", (request, response) -> {
            ArrayList<Object> list = new ArrayList<>();
            list.add(new Object());
            request.getSession().setAttribute("list", list);
        });
        tomcat.page("/look", (request, response) -> request.getSession().getAttribute("list"));
        tomcat.get("/odd", id);
        array.awaitNoUses();
        array.calls.clear();

        tomcat.get("/look", id);
        array.awaitNoUses();

        // Catalina's authenticator looks who is there, then the page.
        assertThat(array.calls).containsExactly("open " + id, "rest " + id, "open " + id, "end " + id);
    }
}
