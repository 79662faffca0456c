package org.sambang.lapangan;

import android.content.Context;
import android.graphics.Canvas;
import android.graphics.Color;
import android.graphics.Paint;
import android.graphics.RectF;
import android.view.View;

/**
 * The frame that a paper is to fill, over the preview: what is outside is darker, the corners are marked. Rule: it
 * only shows; the picture is whole, and what a paper lacks in it is measured afterwards.
 */
final class PaperGuide extends View {
    private static final int MARGIN_DP = 24;
    private static final int ARM_DP = 32;
    private static final int THICK_DP = 5;
    private static final int OUTSIDE = Color.argb(120, 0, 0, 0);

    private final float shape;
    private final float density;
    private final int topPx;
    private final int bottomPx;
    private final Paint paint = new Paint(Paint.ANTI_ALIAS_FLAG);

    /** `shape`: width by height of the paper. Above and below it this many pixels belong to words and buttons. */
    PaperGuide(Context context, float shape, int topPx, int bottomPx) {
        super(context);
        this.shape = shape;
        this.topPx = topPx;
        this.bottomPx = bottomPx;
        density = context.getResources().getDisplayMetrics().density;
    }

    @Override
    protected void onDraw(Canvas canvas) {
        super.onDraw(canvas);
        RectF frame = frame(getWidth(), getHeight());
        paint.setColor(OUTSIDE);
        canvas.drawRect(0, 0, getWidth(), frame.top, paint);
        canvas.drawRect(0, frame.bottom, getWidth(), getHeight(), paint);
        canvas.drawRect(0, frame.top, frame.left, frame.bottom, paint);
        canvas.drawRect(frame.right, frame.top, getWidth(), frame.bottom, paint);
        paint.setColor(Color.WHITE);
        corner(canvas, frame.left, frame.top, 1, 1);
        corner(canvas, frame.right, frame.top, -1, 1);
        corner(canvas, frame.left, frame.bottom, 1, -1);
        corner(canvas, frame.right, frame.bottom, -1, -1);
    }

    /** As large as the room allows, in its middle. */
    private RectF frame(int width, int height) {
        float margin = MARGIN_DP * density;
        float roomX = Math.max(1, width - 2 * margin);
        float roomY = Math.max(1, height - topPx - bottomPx - 2 * margin);
        float wide = Math.min(roomX, roomY * shape);
        float high = wide / shape;
        float left = (width - wide) / 2;
        float top = topPx + margin + (roomY - high) / 2;
        return new RectF(left, top, left + wide, top + high);
    }

    private void corner(Canvas canvas, float x, float y, int right, int down) {
        float arm = ARM_DP * density;
        float thick = THICK_DP * density;
        bar(canvas, x, y, right * arm, down * thick);
        bar(canvas, x, y, right * thick, down * arm);
    }

    private void bar(Canvas canvas, float x, float y, float wide, float high) {
        canvas.drawRect(
                Math.min(x, x + wide), Math.min(y, y + high), Math.max(x, x + wide), Math.max(y, y + high), paint);
    }
}
